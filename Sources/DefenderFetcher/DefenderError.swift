import ConnectorCore
import Foundation

/// Why a call of Defender or of its login did not give its data. Holds no credential and no body.
public struct DefenderError: Error, Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// No connection, or none that lasted; says why.
        case unreachable(String)
        /// Still 429 after all attempts.
        case throttled
        /// A Retry-After, in seconds, that leads beyond the time for which a call is tried.
        case asksToWait(seconds: Double, status: Int)
        /// 5xx or 408 after all attempts.
        case serverError(status: Int)
        /// The login, or a token just issued, was refused; may hold a hint in words.
        case credentials(hint: String?)
        /// Defender's licence does not cover the call.
        case unlicensed
        /// The application lacks a permission.
        case forbidden(DefenderPermission)
        /// 400: a parameter or query that Defender does not take, or a request that can't be sent.
        case rejected
        /// An answer with a redirect, which is never followed. The host holds no secret.
        case redirected(host: String?)
        /// 200 with something else than expected; says what.
        case malformedAnswer(String)
        /// A hunting answer over the size that Defender or this client allows.
        case resultTooLarge
        /// One machine alone has more hunting rows than an answer holds.
        case tooManyRows(MachineID)
        case unexpectedStatus(Int)
    }

    /// Such as `GET /api/machines`.
    public var operation: String
    public var reason: Reason
    /// What Microsoft's answer says of the error, shortened.
    public var detail: String?

    public init(operation: String, reason: Reason, detail: String? = nil) {
        self.operation = operation
        self.reason = reason
        self.detail = detail
    }
}

extension DefenderError: CustomStringConvertible {
    public var description: String {
        "Defender, \(operation): \(sentence)\(detail.map { " (\($0))" } ?? "")"
    }

    private var sentence: String {
        switch reason {
        case .unreachable(let why): "unreachable: \(why)"
        case .throttled: "still refused as too many requests after every attempt"
        case .asksToWait(let seconds, let status):
            "answered with \(status) and a Retry-After of \(String(format: "%.0f", seconds)) s, longer than a call is tried"
        case .serverError(let status): "still answered with \(status) after every attempt"
        case .credentials(let hint): hint ?? "the credentials were refused"
        case .unlicensed: "the tenant's licence does not cover this call"
        case .forbidden(let permission):
            "the application lacks a permission: add the application permission \(permission.name) of \(permission.resource) "
                + "and grant admin consent"
        case .rejected: "the request was refused as invalid"
        case .redirected(let host):
            "answered with a redirect to \(host.map { "host \($0)" } ?? "an unnamed host") (a login page or proxy?)"
        case .malformedAnswer(let what): what
        case .resultTooLarge: "the result is too large"
        case .tooManyRows(let machine): "machine \(machine) alone has more rows than an answer holds"
        case .unexpectedStatus(let status): "answered with the unexpected status \(status)"
        }
    }
}

extension DefenderError: ClassifiedFailure {
    public var jobFailure: JobFailure {
        .dataSource(code, description)
    }

    private var code: JobFailure.DataSourceCode {
        switch reason {
        case .unreachable, .throttled, .asksToWait, .serverError: .unreachable
        case .credentials: .authentication
        case .unlicensed, .forbidden: .forbidden
        case .rejected: .invalidParameter
        case .redirected, .malformedAnswer, .resultTooLarge, .tooManyRows: .badData
        case .unexpectedStatus: .unknown
        }
    }
}
