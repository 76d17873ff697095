import MicroHTTP

/// An error in CAR's form: `{"errors":[{"code","message"}]}`.
struct CARError: Error, Sendable, Equatable {
    var status: Int
    var code: String
    var message: String

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func malformed(_ message: String) -> CARError {
        CARError(400, "data_mal_formed", message)
    }

    static func status(_ status: Int) -> CARError {
        switch status {
        case 401: CARError(401, "unauthorized", "Authentication is required.")
        case 403: CARError(403, "forbidden", "Access denied.")
        case 404: CARError(404, "not_found", "Not found.")
        case 429: CARError(429, "too_many_requests", "Too many unfinished imports.")
        default: CARError(status, "error_\(status)", "Status \(status).")
        }
    }

    func adding(_ text: String) -> CARError {
        CARError(status, code, message + text)
    }

    var response: HTTPResponse {
        SandboxAnswer.json(status, ["errors": [["code": .string(code), "message": .string(message)]]])
    }
}
