import MicroHTTP

/// Why a request is not carried out, as it is told to the client: the only place that knows status, code and sentence.
struct Refusal: Error, Sendable, Equatable {
    var problem: ProblemDocument
    var headers: HTTPHeaders = [:]

    var response: HTTPResponse { problem.response(headers: headers) }

    init(
        _ status: Int, _ code: String, _ detail: String, errors: [ProblemDocument.FieldError] = [],
        headers: HTTPHeaders = [:]
    ) {
        problem = ProblemDocument(status: status, code: code, detail: detail, errors: errors)
        self.headers = headers
    }

    static func invalidBody(_ errors: [ProblemDocument.FieldError]) -> Refusal {
        Refusal(400, "invalid_body", "The request body has members that can't be used.", errors: errors)
    }

    static func malformedBody(_ detail: String) -> Refusal {
        Refusal(400, "malformed_body", detail)
    }

    static func invalidParameters(_ errors: [ProblemDocument.FieldError]) -> Refusal {
        Refusal(400, "invalid_parameter", "The request has parameters that can't be used.", errors: errors)
    }

    static func unauthorized(tokenWasSent: Bool) -> Refusal {
        let challenge = tokenWasSent ? "Bearer error=\"invalid_token\"" : "Bearer"
        return Refusal(
            401, "unauthorized", "This needs the header Authorization: Bearer TOKEN with a valid token.",
            headers: ["WWW-Authenticate": challenge])
    }

    static let forbidden = Refusal(
        403, "forbidden", "This token only reads; starting or ending runs needs the operator's.")
    static let crossSite = Refusal(403, "cross_site", "The request comes from a page of another site.")
    static let hostNotAllowed = Refusal(
        403, "host_not_allowed", "Without tokens the service must be called by address or as localhost.")
    static let unknownJob = Refusal(404, "unknown_job", "There is no job with this id.")
    static let noReport = Refusal(404, "no_report", "The job has not recorded a report yet.")
    static let unknownConnection = Refusal(404, "unknown_connection", "No connection of this name is configured.")
    static let notAcceptable = Refusal(
        406, "not_acceptable", "The answer exists as application/json and text/markdown.")
    static let jobEnded = Refusal(409, "job_ended", "The job has succeeded or failed already.")
    static let unsupportedMediaType = Refusal(
        415, "unsupported_media_type", "The request body must be JSON, with Content-Type: application/json.")
    static let unsupportedContentEncoding = Refusal(
        415, "unsupported_media_type", "The request body must not be compressed: Content-Encoding must be absent.",
        headers: ["Accept-Encoding": "identity"])
    static let idempotencyKeyReused = Refusal(
        422, "idempotency_key_reused", "This Idempotency-Key was used within 24 hours for a different request.")
    static let checkUnavailable = Refusal(501, "check_unavailable", "This service can't check its connections.")
    static let checkTimedOut = Refusal(504, "check_timed_out", "The check did not end within its time.")

    static let draining = Refusal(
        503, "draining", "The service is stopping and takes no new runs.", headers: ["Retry-After": "30"])
    /// - Parameter reason: the store's words, which name the file and the way out.
    static func storeUnavailable(_ reason: String) -> Refusal {
        Refusal(503, "store_unavailable", "The database can't be used: \(reason).", headers: ["Retry-After": "30"])
    }

    static let tooManyWaiters = Refusal(
        503, "too_many_waiters", "Too many requests wait for changes.", headers: ["Retry-After": "5"])
    static let tooManyStreams = Refusal(
        503, "too_many_streams", "Too many event streams are open.", headers: ["Retry-After": "15"])
    static let tooManyChecks = Refusal(
        503, "too_many_checks", "Too many connection checks run.", headers: ["Retry-After": "10"])
}
