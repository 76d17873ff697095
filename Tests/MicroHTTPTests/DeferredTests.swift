import Dispatch
import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Deferred answers` {
    private func later(_ work: @escaping @Sendable (DeferredResponder) -> Void) -> HTTPHandler {
        { request in request.path == "/now" ? try echo(request) : HTTPResponse(status: 500, body: .deferred(work)) }
    }

    @Test func `arrive when another thread delivers them, and the first delivery counts`() throws {
        let responders = Box<DeferredResponder>()
        try withServer(handler: later { responders.put($0) }) { server throws in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            let responder = try #require(responders.take())
            responder.respond(HTTPResponse(status: 200, contentType: "text/plain", text: "first"))
            responder.respond(HTTPResponse(status: 200, contentType: "text/plain", text: "second"))
            #expect(try client.readAnswer().text == "first")
            #expect(try client.get("/now").text == "GET /now\n\n")
        }
    }

    @Test func `may be delivered before the closure returns, on its thread or another`() throws {
        let handler = later { responder in
            let delivered = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                responder.respond(HTTPResponse(status: 202))
                delivered.signal()
            }
            _ = delivered.wait(timeout: .now() + 10)
        }
        try withServer(handler: handler) { server throws in
            let client = try RawClient(port: server.port)
            for _ in 0..<200 { #expect(try client.get("/").status == 202) }
        }
        try withServer(handler: later { $0.respond(HTTPResponse(status: 203)) }) { server throws in
            let client = try RawClient(port: server.port)
            for _ in 0..<200 { #expect(try client.get("/").status == 203) }
        }
    }

    @Test func `may be streams`() throws {
        let handler = later { responder in
            responder.respond(
                HTTPResponse(
                    status: 200,
                    body: .stream { stream in
                        #expect(stream.write(Array("abc".utf8)))
                        stream.finish()
                    }))
        }
        try withServer(handler: handler) { server throws in
            #expect(try RawClient(port: server.port).get("/").text == "abc")
        }
    }

    @Test func `that don't come in time are 503 problems`() throws {
        let responders = Box<DeferredResponder>()
        try withServer({ $0.deferredAnswerSeconds = 0.1 }, handler: later { responders.put($0) }) { server throws in
            let client = try RawClient(port: server.port)
            let answer = try client.get("/")
            #expect(answer.status == 503)
            #expect(answer.text.contains("answer_timeout"))
            // Too late, and harmless.
            responders.take()?.respond(HTTPResponse(status: 200))
            #expect(try client.get("/now").status == 200)
        }
    }

    @Test func `whose responder is dropped are 500 problems at once`() throws {
        try withServer(handler: later { _ in }) { server throws in
            #expect(try RawClient(port: server.port).get("/").status == 500)
        }
    }

    @Test func `that are deferred again are 500 problems`() throws {
        let handler = later { $0.respond(HTTPResponse(status: 200, body: .deferred { _ in })) }
        let errors = Box<HTTPServerError>()
        try withServer(
            { $0.onHandlerError = { error, _ in (error as? HTTPServerError).map(errors.put) } },
            handler: handler
        ) { server throws in
            #expect(try RawClient(port: server.port).get("/").status == 500)
            #expect(errors.take()?.reason == .invalidResponse)
        }
    }

    @Test func `to clients that went away end the request when they come`() throws {
        let responders = Box<DeferredResponder>()
        let ended = Event()
        try withServer({ $0.onRequest = { _ in ended.happen() } }, handler: later { responders.put($0) }) {
            server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let responder = try #require(responders.take())
            client.close()
            responder.respond(HTTPResponse(status: 200))
            #expect(ended.wait())
        }
    }
}
