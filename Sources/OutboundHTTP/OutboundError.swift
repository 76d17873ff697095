/// Why there is no answer. Texts say host and port and are safe for logs: no credential, query string or body.
public enum OutboundError: Error, Sendable, Equatable {
    /// No name, no connection: nothing was sent.
    case unreachable(String)
    /// The connection was lost before the answer began: the server may have got the request.
    case lost(String)
    /// The deadline, the connect timeout or the stall limit passed.
    case timedOut
    /// The certificate is not trusted, the host name differs, or no handshake was possible.
    case tls(String)
    /// The connection ended in the middle of the answer.
    case truncated
    case answerTooLarge(limit: Int)
    /// Refused before anything was sent.
    case invalidURL(String)
    case cancelled
    case other(String)
}

extension OutboundError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let text), .lost(let text): "unreachable: \(text)"
        case .timedOut: "timed out"
        case .tls(let text): "TLS: \(text)"
        case .truncated: "the answer ended too early"
        case .answerTooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .invalidURL(let text): "invalid URL: \(text)"
        case .cancelled: "cancelled"
        case .other(let text): text
        }
    }

    /// Whether the server is not there or can't answer anybody now: no connection, no time, an answer cut short.
    public var isOutage: Bool {
        switch self {
        case .unreachable, .lost, .timedOut, .truncated: true
        case .tls, .answerTooLarge, .invalidURL, .cancelled, .other: false
        }
    }

    /// A short constant for metrics.
    public var kind: String {
        switch self {
        case .unreachable: "unreachable"
        case .lost: "lost"
        case .timedOut: "timed_out"
        case .tls: "tls"
        case .truncated: "truncated"
        case .answerTooLarge: "answer_too_large"
        case .invalidURL: "invalid_url"
        case .cancelled: "cancelled"
        case .other: "other"
        }
    }
}
