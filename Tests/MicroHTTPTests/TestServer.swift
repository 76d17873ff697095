import MicroHTTP
import Testing

/// Runs `body` with a server on a free port of loopback and stops it afterwards, whatever happens.
func withServer(
    _ configure: (inout HTTPServerConfiguration) -> Void = { _ in }, handler: @escaping HTTPHandler,
    body: (HTTPServer) throws -> Void
) throws {
    var configuration = HTTPServerConfiguration()
    configure(&configuration)
    let server = HTTPServer(configuration: configuration, handler: handler)
    try server.start()
    defer { #expect(server.stop(graceSeconds: 5)) }
    try body(server)
}

/// Answers with the request's own parts, a line each.
let echo: HTTPHandler = { request in
    let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
    return HTTPResponse(
        status: 200, contentType: "text/plain",
        text: "\(request.method) \(request.path)\n\(query)\n\(String(decoding: request.body, as: UTF8.self))")
}
