import ConnectorCore
import OutboundHTTP

/// Asks Entra for a token with the application's own credentials (OAuth 2.0 client credentials, v2).
struct TokenEndpoint: Sendable {
    static let operation = "POST token"
    private static let answerBytesMax = 1 << 20

    let settings: DefenderSettings
    let scope: String
    let http: HTTPClient
    let retry: RetryPolicy
    /// Called for every attempt.
    let attempted: @Sendable () -> Void

    /// - Throws: `DefenderError`, `CancellationError`.
    func fetch() async throws -> TokenAnswer {
        let response: OutboundResponse
        do {
            response = try await http.send(request, retrying: retry) { outcome in
                attempted()
                return TokenEndpoint.isRetriable(outcome)
            }
        } catch let error as OutboundError {
            if Task.isCancelled { throw CancellationError() }
            throw DefenderError(TokenEndpoint.operation, error)
        }
        if response.status == 200, let answer = TokenAnswer(response.body) { return answer }
        throw error(for: response)
    }

    var request: OutboundRequest {
        let form = [
            ("grant_type", "client_credentials"), ("client_id", settings.clientID),
            ("client_secret", settings.clientSecret.reveal()), ("scope", scope),
        ]
        let body = form.map { "\($0)=\(URLEncoding.encode($1))" }.joined(separator: "&")
        var request = OutboundRequest(
            .post, url: "\(settings.loginURL.withoutTrailingSlashes)/\(settings.tenant)/oauth2/v2.0/token",
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: Array(body.utf8))
        if let userAgent = settings.userAgent { request.headers.append(("User-Agent", userAgent)) }
        request.label = "token"
        request.answerBytesMax = TokenEndpoint.answerBytesMax
        request.deadlineSeconds = min(30, settings.attemptSecondsMax)
        return request
    }

    static func isRetriable(_ outcome: AttemptOutcome) -> Bool {
        guard case .answer(let response) = outcome else { return outcome.isRetriable }
        // An answer that is no token may have been cut on its way.
        if response.status == 200 { return TokenAnswer(response.body) == nil }
        return outcome.isRetriable || ErrorBody(response.body)?.isTransientLoginError == true
    }

    func error(for response: OutboundResponse) -> DefenderError {
        let safeText = settings.safeText()
        let body = ErrorBody(response.body)
        let reason: DefenderError.Reason
        switch response.status {
        case 200: reason = .malformedAnswer("the answer holds no token (is the login URL right?)")
        case 300..<400: reason = .redirected(host: response.redirectHost.map { safeText.shortened($0) })
        case 407: reason = .unreachable("the proxy asks for credentials")
        case 429: reason = .throttled
        case 408, 500...: reason = .serverError(status: response.status)
        default:
            if let body, body.isTransientLoginError {
                reason = .serverError(status: response.status)
            } else if let body {
                reason = .credentials(hint: LoginHint.hint(for: body))
            } else if response.status == 400 || response.status == 401 {
                reason = .credentials(hint: nil)
            } else {
                reason = .malformedAnswer(
                    "answered with \(response.status) by something that is not Entra (is the login URL right?)")
            }
        }
        return DefenderError(
            operation: TokenEndpoint.operation, reason: reason,
            detail: body?.detail(safeText))
    }
}
