import MicroHTTP

/// Answers that both simulators give.
enum SandboxAnswer {
    static func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
        json(status, Array(value.text.utf8))
    }

    static func json(_ status: Int, _ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "application/json; charset=utf-8"], body: .bytes(bytes))
    }

    static var reset: HTTPResponse { HTTPResponse(status: 200, body: .abort) }

    static var broken: HTTPResponse {
        json(500, ["error": ["code": "InternalServerError", "message": "the sandbox failed"]])
    }
}
