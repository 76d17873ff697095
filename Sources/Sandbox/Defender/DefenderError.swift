import MicroHTTP

/// An error in the body form of Defender's API: `{"error":{"code","message","target"}}`.
struct DefenderError: Error, Sendable, Equatable {
    var status: Int
    var code: String
    var message: String
    var retryAfterSeconds: Int?

    init(_ status: Int, _ code: String, _ message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The error that belongs to a status where only that is known.
    init(status: Int) {
        switch status {
        case 400: self.init(400, "BadRequest", "The request is not valid.")
        case 401: self.init(401, "Unauthorized", "Invalid or expired token.")
        case 403:
            self.init(
                403, "Forbidden",
                "Missing application roles. API required roles: Machine.Read.All, application roles: none.")
        case 404: self.init(404, "ResourceNotFound", "The resource was not found.")
        case 429: self.init(429, "TooManyRequests", "Too many requests.")
        case 500: self.init(500, "InternalServerError", "")
        case 503: self.init(503, "ServiceUnavailable", "The service is unavailable.")
        default: self.init(status, "Error", "Status \(status).")
        }
    }

    func adding(_ text: String) -> DefenderError {
        DefenderError(status, code, message + text, retryAfterSeconds: retryAfterSeconds)
    }

    var response: HTTPResponse {
        var response = SandboxAnswer.json(
            status,
            [
                "error": [
                    "code": .string(code), "message": .string(message),
                    "target": "55555555-eeee-4fff-8000-666666666666",
                ]
            ])
        response.headers["Retry-After"] = retryAfterSeconds.map(String.init)
        return response
    }
}
