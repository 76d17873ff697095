import Foundation
import OutboundHTTP

/// What came of a probe, reduced to what a finding depends on.
struct ProbeAnswer: Sendable {
    var status: Int
    var error: ErrorBody?
    /// Whether the body is a list as Defender gives one: `{"value":[...]}` or `{"Results":[...]}`.
    var isList = false
    var redirectHost: String?
    var retryAfterSeconds: Double?

    init(
        status: Int, error: ErrorBody? = nil, isList: Bool = false, redirectHost: String? = nil,
        retryAfterSeconds: Double? = nil
    ) {
        self.status = status
        self.error = error
        self.isList = isList
        self.redirectHost = redirectHost
        self.retryAfterSeconds = retryAfterSeconds
    }

    init(_ response: OutboundResponse) {
        status = response.status
        error = response.status == 200 ? nil : ErrorBody(response.body)
        isList = response.status == 200 && ProbeAnswer.isList(response.body)
        redirectHost = response.redirectHost
        retryAfterSeconds = response.header("Retry-After").flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func isList(_ body: [UInt8]) -> Bool {
        // Any other body is simply no list.
        guard let root = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return false }
        return ["value", "Results", "results"].contains { root[$0] is [Any] }
    }
}

/// How a probe ended.
enum ProbeOutcome: Sendable {
    case answer(ProbeAnswer)
    case failure(OutboundError)
    /// The call would have waited this long for the tenant's budget.
    case budgetSpent(seconds: Double)
    /// The time of the whole check is over.
    case outOfTime
}
