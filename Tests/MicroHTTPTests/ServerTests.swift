import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A server` {
    private struct Secret: Error {
        var text = "password"
    }

    @Test func `answers 500 without the error's text when a handler throws, and tells its hook`() throws {
        var router = Router()
        router.on("GET", "/jobs/{id}") { _ in throw Secret() }
        router.on("GET", "/known") { _ in throw ProblemDocument(status: 409, code: "ended") }
        let errors = Box<String>()
        let summaries = Box<RequestSummary>()
        var configuration = HTTPServerConfiguration()
        configuration.onHandlerError = { error, request in errors.put("\(error is Secret) \(request.path)") }
        configuration.onRequest = { summaries.put($0) }
        let server = HTTPServer(configuration: configuration, router: router)
        try server.start()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        let answer = try client.get("/jobs/7")
        #expect(answer.status == 500)
        #expect(answer.text.contains("internal_error"))
        #expect(!answer.text.contains("password"))
        #expect(errors.take() == "true /jobs/7")
        let summary = try #require(summaries.take())
        #expect(summary.method == "GET" && summary.path == "/jobs/7" && summary.routeTemplate == "/jobs/{id}")
        #expect(summary.status == 500 && summary.responseBytes == answer.body.count)
        #expect(summary.remoteAddress == "127.0.0.1")
        #expect(summary.seconds >= 0 && summary.seconds < 60)
        #expect(try client.get("/known").status == 409)
        #expect(try client.get("/none").status == 404)
        #expect(try client.get("/known", method: "PATCH").header("Allow") == "GET, HEAD, OPTIONS")
    }

    @Test(arguments: [
        HTTPResponse(status: 99), HTTPResponse(status: 1000), HTTPResponse(status: -1),
        HTTPResponse(status: 200, headers: ["X": "a\r\nSet-Cookie: b"]),
        HTTPResponse(status: 200, headers: ["X": "a\0b"]), HTTPResponse(status: 200, headers: ["X\n": "a"]),
        HTTPResponse(status: 200, headers: ["": "a"]),
    ]) func `answers 500 instead of what can't be sent`(response: HTTPResponse) throws {
        try withServer(handler: { _ in response }) { server throws in
            let answer = try RawClient(port: server.port).get("/")
            #expect(answer.status == 500)
            #expect(answer.header("Set-Cookie") == nil)
        }
    }

    @Test func `sees to the length of an answer itself`() throws {
        let response = HTTPResponse(
            status: 200, contentType: "text/plain", text: "abc",
            headers: ["Content-Length": "7", "Transfer-Encoding": "chunked", "X-Empty": ""])
        try withServer(handler: { _ in response }) { server throws in
            let answer = try RawClient(port: server.port).get("/")
            #expect(answer.header("Content-Length") == "3")
            #expect(answer.header("Transfer-Encoding") == nil)
            #expect(answer.text == "abc")
        }
    }

    @Test func `names host, port and reason when its address is taken`() throws {
        try withServer(handler: echo) { server throws in
            let second = HTTPServer(configuration: .init(port: server.port), handler: echo)
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.reason == .addressInUse)
            #expect(error?.description.contains("127.0.0.1:\(server.port)") == true)
            #expect(second.stop())
        }
    }

    @Test func `refuses hosts and settings that can't be`() {
        let nowhere = HTTPServer(configuration: .init(host: "192.0.2.1"), handler: echo)
        #expect(#expect(throws: HTTPServerError.self) { try nowhere.start() }?.reason == .addressNotAvailable)
        var configuration = HTTPServerConfiguration()
        configuration.idleSeconds = 0
        let idle = HTTPServer(configuration: configuration, handler: echo)
        let error = #expect(throws: HTTPServerError.self) { try idle.start() }
        #expect(error?.description.contains("idleSeconds") == true)
    }

    @Test func `starts once`() throws {
        try withServer(handler: echo) { server throws in
            #expect(#expect(throws: HTTPServerError.self) { try server.start() }?.reason == .alreadyStarted)
        }
    }

    @Test(arguments: ["::1", "[::1]"]) func `listens on IPv6`(host: String) throws {
        let addresses = Box<String>()
        try withServer(
            { $0.host = host },
            handler: { request in
                addresses.put(request.remoteAddress)
                return try echo(request)
            }
        ) { server throws in
            #expect(server.address?.host == "::1")
            #expect(try RawClient(port: server.port, host: "::1").get("/").status == 200)
            #expect(addresses.take() == "::1")
        }
    }

    @Test func `listens on IPv6 and IPv4 at once, telling IPv4 clients by their own address`() throws {
        let addresses = Box<String>()
        try withServer(
            { $0.host = "[::]" },
            handler: { request in
                addresses.put(request.remoteAddress)
                return try echo(request)
            }
        ) { server throws in
            #expect(try RawClient(port: server.port, host: "::1").get("/").status == 200)
            #expect(addresses.take() == "::1")
            #expect(try RawClient(port: server.port, host: "127.0.0.1").get("/").status == 200)
            #expect(addresses.take() == "127.0.0.1")
        }
    }
}
