import Dispatch
import MicroHTTP
import Testing
import Threading

@Suite(.timeLimit(.minutes(5))) struct `Stopping` {
    @Test func `ends streams and answers what is deferred with 503`() throws {
        let begun = Event()
        let ended = Event()
        let responders = Locked<[DeferredResponder]>([])
        let server = HTTPServer(configuration: .init()) { request in
            if request.path == "/stream" {
                return HTTPResponse(
                    status: 200,
                    body: .stream { stream in
                        stream.onEnd { ended.happen() }
                        _ = stream.write(Array("last".utf8))
                        begun.happen()
                    })
            }
            return HTTPResponse(
                status: 200,
                body: .deferred { responder in
                    responders.withLock { $0.append(responder) }
                    begun.happen()
                })
        }
        try server.start()
        let port = server.port
        let streaming = try (0..<20).map { _ in try RawClient(port: port) }
        let waiting = try (0..<20).map { _ in try RawClient(port: port) }
        let idle = try RawClient(port: port)
        for client in streaming { client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in waiting { client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n") }
        for _ in 0..<40 { #expect(begun.wait()) }

        let start = ContinuousClock.now
        #expect(server.stop(graceSeconds: 20))
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(ended.count == 20)
        for client in streaming { #expect(try client.readAnswer().text == "last") }
        for client in waiting {
            let answer = try client.readAnswer()
            #expect(answer.status == 503)
            #expect(answer.header("Retry-After") != nil)
            #expect(answer.header("Connection")?.lowercased() == "close")
        }
        #expect(idle.readToEnd() == "")
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        // Too late, and harmless.
        for responder in responders.withLock({ $0 }) { responder.respond(HTTPResponse(status: 200)) }
        #expect(server.stop())
        #expect(server.port == 0)
    }

    @Test func `never aborts while requests suspend and resume`() throws {
        for _ in 0..<20 {
            let begun = Event()
            let server = HTTPServer(configuration: .init()) { request in
                begun.happen()
                if request.path == "/s" {
                    return HTTPResponse(
                        status: 200,
                        body: .stream { stream in
                            DispatchQueue.global().async {
                                for _ in 0..<5 where !stream.write([46]) { return }
                                if request.query.isEmpty { stream.finish() }
                            }
                        })
                }
                return HTTPResponse(
                    status: 200,
                    body: .deferred { responder in
                        DispatchQueue.global().async { responder.respond(HTTPResponse(status: 200)) }
                    })
            }
            try server.start()
            let clients = try (0..<12).map { _ in try RawClient(port: server.port) }
            for (number, client) in clients.enumerated() {
                let target = ["/", "/s", "/s?open"][number % 3]
                client.send(String(repeating: "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", count: 20))
            }
            #expect(begun.wait())
            #expect(server.stop(graceSeconds: 5))
        }
    }

    @Test func `leaves to the handler what still comes on open connections, and closes them`() throws {
        let waiting = Event()
        let server = HTTPServer(configuration: .init()) { request in
            guard request.path == "/wait" else { return try echo(request) }
            return HTTPResponse(
                status: 200,
                body: .deferred { responder in
                    waiting.happen()
                    // Keeps the responder, so that only the stop answers.
                    DispatchQueue.global().asyncAfter(deadline: .now() + 30) { responder.respond(.init(status: 200)) }
                })
        }
        try server.start()
        let (waiter, idle, sender) = try (
            RawClient(port: server.port), RawClient(port: server.port), RawClient(port: server.port)
        )
        waiter.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(waiting.wait())
        #expect(try idle.get("/").status == 200)
        // Holds the server until its body is whole.
        sender.send("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        #expect(sender.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue")
        let stopped = Box<Bool>()
        DispatchQueue.global().async { stopped.put(server.stop(graceSeconds: 10)) }
        #expect(try waiter.readAnswer().status == 503)
        for (client, text) in [(idle, "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"), (sender, "abcd")] {
            client.send(text)
            let answer = try client.readAnswer()
            #expect(answer.status == 200)
            #expect(answer.header("Connection")?.lowercased() == "close")
        }
        #expect(stopped.take() == true)
    }

    @Test func `waits for a handler that is at work`() throws {
        let entered = Event()
        let released = Event()
        let server = HTTPServer(configuration: .init()) { request in
            entered.happen()
            _ = released.wait()
            return try echo(request)
        }
        try server.start()
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(entered.wait())
        let stopped = Box<Bool>()
        DispatchQueue.global().async { stopped.put(server.stop(graceSeconds: 10)) }
        released.happen()
        #expect(try client.readAnswer().status == 200)
        #expect(stopped.take() == true)
    }

    @Test func `happens by itself when the last reference goes`() throws {
        var server: HTTPServer? = HTTPServer(configuration: .init(), handler: echo)
        try server?.start()
        let client = try RawClient(port: server?.port ?? 0)
        #expect(try client.get("/").status == 200)
        server = nil
        #expect(client.readToEnd() == "")
    }
}
