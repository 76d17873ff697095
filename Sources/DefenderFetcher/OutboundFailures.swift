import ConnectorCore
import OutboundHTTP

extension DefenderError {
    init(_ operation: String, _ error: OutboundError) {
        let reason: Reason
        switch error {
        case .unreachable(let why), .lost(let why): reason = .unreachable(why)
        case .timedOut, .tls, .truncated, .cancelled, .other: reason = .unreachable(error.description)
        case .answerTooLarge(let limit): reason = .malformedAnswer("the answer is larger than \(limit) bytes")
        case .invalidURL: reason = .rejected
        }
        self.init(operation: operation, reason: reason, detail: reason == .rejected ? error.description : nil)
    }
}
