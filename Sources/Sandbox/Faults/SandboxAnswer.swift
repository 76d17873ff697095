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

    /// More than the simulators' server holds for a stream, so that writing it cuts the connection.
    static let streamBufferBytesMax = 1024

    /// A connection that is cut before its answer is complete: a stream that is given more than the server's bound.
    ///
    /// `X-Sandbox-Reset` tells tests that run in process what a client over a socket would see.
    static var reset: HTTPResponse {
        HTTPResponse(
            status: 200, headers: ["Content-Type": "application/json", "X-Sandbox-Reset": "1"],
            body: .stream { stream in _ = stream.write([UInt8](repeating: 0x20, count: streamBufferBytesMax * 2)) })
    }

    static var broken: HTTPResponse {
        json(500, ["error": ["code": "InternalServerError", "message": "the sandbox failed"]])
    }
}
