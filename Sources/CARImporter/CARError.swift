import ConnectorCore

/// Why CAR did not do what was asked.
public struct CARError: ClassifiedFailure, Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// An answer with this status, after the retries that it deserves.
        case rejected(status: Int)
        /// No connection, or it was lost.
        case unreachable
        case timedOut
        /// No trusted TLS connection.
        case tls
        /// A successful status with something else than CAR's answer: a proxy's or login page, other JSON.
        case malformedReply
        /// CAR took an import and could not apply it; `statusCode` is what CAR says of it.
        case importFailed(statusCode: Int?)
        /// CAR did not say within the deadline that it applied this many imports.
        case unconfirmed(imports: Int)
        /// A job of CAR ended with ERROR.
        case jobFailed
        /// A job of CAR was still running at its deadline.
        case jobUnfinished
        /// CAR's database is still not ready at the deadline.
        case databaseNotReady
        /// A key can't be part of the address of the call: it makes it longer than servers take, or holds a NUL, for which
        /// many answer 400.
        case unaddressableKey
        /// What was to be sent can't be sent.
        case invalidRequest
    }

    /// Method and resource without ids: `POST imports`.
    public var operation: String
    public var reason: Reason
    /// CAR's own message, shortened, or host and port; never a credential, never what was sent.
    public var detail: String?

    public init(operation: String, reason: Reason, detail: String? = nil) {
        self.operation = operation
        self.reason = reason
        self.detail = detail
    }
}

extension CARError: CustomStringConvertible {
    /// A sentence that says what to do where something can be done.
    public var description: String {
        guard let detail, !detail.isEmpty else { return "\(sentence) (\(operation))" }
        return "\(sentence) (\(operation)): \(detail)"
    }

    private var sentence: String {
        switch reason {
        case .rejected(let status): CARError.sentence(status: status)
        case .unreachable: "CAR is unreachable; check the address of CAR, DNS, the proxy and the firewall"
        case .timedOut: "CAR did not answer in time"
        case .tls: "no trusted TLS connection to CAR; check its certificate and the authorities that are trusted"
        case .malformedReply: "the answer is not CAR's; check the address of CAR and whether a proxy answers instead"
        case .importFailed(let statusCode):
            statusCode.map { "CAR could not apply an import, status \($0)" } ?? "CAR could not apply an import"
        case .unconfirmed(let imports):
            "CAR did not confirm \(imports) import\(imports == 1 ? "" : "s") within the deadline (CAR_IMPORT_DEADLINE)"
        case .jobFailed: "a job of CAR failed"
        case .jobUnfinished: "a job of CAR did not end within its deadline"
        case .databaseNotReady: "CAR's database did not become ready within the deadline"
        case .unaddressableKey: CARError.unaddressable
        case .invalidRequest: "the request can't be sent"
        }
    }

    private static let unaddressable =
        "a name is too long for the address of a call to CAR, or holds a NUL; an initial import needs no such call, and "
        + "the next run is one"

    private static func sentence(status: Int) -> String {
        switch status {
        case 300..<400:
            "CAR answered \(status), a redirect as to a login page; check the address of CAR and its credentials"
        case 401:
            "CAR rejected the credentials (CAR_SERVICE_KEY / CAR_SERVICE_PASSWORD or CAR_SERVICE_AUTHTOKEN)"
        case 403: "CAR forbids this to the credentials; check the rights of the API key"
        case 404: "CAR does not know this resource; check the address of CAR, which ends in /api/car/v2"
        case 408, 504: "CAR or a proxy in front of it ran out of time, status \(status)"
        case 407: "the proxy demands credentials"
        case 414: CARError.unaddressable
        case 413: "CAR or a proxy in front of it refuses a request of this size"
        case 429: "CAR is asked too often, status 429"
        case 503: "CAR is not available now, status 503"
        default: "CAR answered \(status)"
        }
    }
}

extension CARError {
    /// Statuses after which the next run may still be incremental, as the connector framework defines them.
    static let recoverableStatuses: Set<Int> = [302, 400, 401, 403, 408, 500, 503, 504]

    public var jobFailure: JobFailure {
        switch reason {
        case .rejected(let status): CARError.failure(status: status, message: description)
        case .importFailed(let statusCode): CARError.failure(status: statusCode ?? 0, message: description)
        case .tls: JobFailure(class: .recoverable, code: 10, message: description, retryable: false)
        case .unreachable, .timedOut, .malformedReply, .unconfirmed, .jobFailed, .jobUnfinished, .databaseNotReady:
            .recoverable(description)
        case .unaddressableKey: CARError.failure(status: 414, message: description)
        case .invalidRequest: .internal(description)
        }
    }

    private static func failure(status: Int, message: String) -> JobFailure {
        // Somebody has to change an address, a credential or the data before 302, 400, 401 and the like can pass.
        let retryable = status == 403 || status == 408 || status == 429 || status >= 500
        if recoverableStatuses.contains(status) {
            return JobFailure(class: .recoverable, code: 10, message: message, retryable: retryable)
        }
        return JobFailure(class: .unrecoverable, code: 20, message: message, retryable: retryable)
    }
}
