import MicroHTTP
import Testing
import Threading

@Suite(.timeLimit(.minutes(5))) struct `Limits` {
    private let hundred = String(repeating: "x", count: 100)

    private func withSmallServer(_ body: (HTTPServer) throws -> Void) throws {
        try withServer(
            { configuration in
                configuration.bodyBytesMax = 100
                configuration.drainBytesMax = 1000
            }, handler: echo, body: body)
    }

    @Test func `let a body of exactly the bound pass, by length and chunked`() throws {
        try withSmallServer { server throws in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n\(hundred)")
            #expect(try client.readAnswer().text == "POST /\n\n\(hundred)")
            client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n\(hundred.prefix(50))\r\n"
                    + "32\r\n\(hundred.suffix(50))\r\n0\r\n\r\n")
            #expect(try client.readAnswer().text == "POST /\n\n\(hundred)")
        }
    }

    @Test func `refuse a longer body with 413 and keep the connection where it was read`() throws {
        try withSmallServer { server throws in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n\(hundred)y")
            let answer = try client.readAnswer()
            #expect(answer.status == 413)
            #expect(answer.text.contains(#""code":"body_too_large""#))
            #expect(answer.header("Cache-Control") == "no-store")
            client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n\(hundred)\r\n1\r\ny\r\n0\r\n\r\n"
            )
            #expect(try client.readAnswer().status == 413)
            #expect(try client.get("/next").text == "GET /next\n\n")
        }
    }

    @Test(arguments: ["Content-Length: 1101", "Content-Length: 101\r\nExpect: 100-continue"])
    func `refuse a body at its head when it is far too long or not yet sent`(header: String) throws {
        try withSmallServer { server throws in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n")
            let answer = try client.readAnswer()
            #expect(answer.status == 413)
            #expect(answer.header("Connection")?.lowercased() == "close")
            #expect(client.readToEnd() == "")
        }
    }

    @Test func `cut a chunked body that goes on and on`() throws {
        try withSmallServer { server throws in
            let client = try RawClient(port: server.port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<20 where client.send("64\r\n\(hundred)\r\n") {}
            #expect(client.readToEnd() != nil)
            #expect(try RawClient(port: server.port).get("/").status == 200)
        }
    }

    @Test func `refuse a head that is too large with 414 or 431`() throws {
        try withServer(handler: echo) { server throws in
            let long = String(repeating: "y", count: 40_000)
            let line = try RawClient(port: server.port).get("/\(long)")
            #expect(line.status == 414)
            let header = try RawClient(port: server.port).get("/", headers: "X-Long: \(long)\r\n")
            #expect(header.status == 431)
            let many = String(repeating: "a: b\r\n", count: 7000)
            #expect(try RawClient(port: server.port).get("/", headers: many).status == 431)
            #expect(try RawClient(port: server.port).get("/").status == 200)
        }
    }

    @Test func `close a connection that stays idle`() throws {
        try withServer({ $0.idleSeconds = 1 }, handler: echo) { server throws in
            let silent = try RawClient(port: server.port)
            let halfway = try RawClient(port: server.port)
            halfway.send("GET / HTTP/1.1\r\nHos")
            #expect(silent.readToEnd() == "")
            #expect(halfway.readToEnd() != nil)
        }
    }

    @Test func `close connections of one address beyond its share`() throws {
        try withServer({ $0.connectionsPerAddressMax = 2 }, handler: echo) { server throws in
            let first = try RawClient(port: server.port)
            let second = try RawClient(port: server.port)
            #expect(try first.get("/").status == 200)
            #expect(try second.get("/").status == 200)
            #expect(try RawClient(port: server.port).readToEnd() == "")
            #expect(try first.get("/").status == 200)
        }
    }

    @Test func `answer connections beyond the bound only what is reserved, and close further ones`() throws {
        try withServer(
            {
                $0.connectionsMax = 2
                $0.extraConnectionsMax = 1
                $0.reservedPaths = ["/livez"]
            }, handler: echo
        ) { server throws in
            let clients = try [RawClient(port: server.port), RawClient(port: server.port)]
            for client in clients { #expect(try client.get("/").status == 200) }
            let probe = try RawClient(port: server.port)
            let alive = try probe.get("/livez")
            #expect(alive.status == 200)
            #expect(alive.header("Connection")?.lowercased() == "close")
            #expect(probe.readToEnd() == "")

            let other = try answerOfNext(server, path: "/")
            #expect(other.status == 503)
            #expect(other.header("Retry-After") != nil)
            #expect(other.text.contains(#""code":"too_many_connections""#))

            clients[0].close()
            // The server learns of the end after the client.
            let end = Deadline(10)
            var status = 0
            while status != 200, end.millisecondsLeft > 0 { status = try answerOfNext(server, path: "/").status }
            #expect(status == 200)
        }
    }

    @Test func `let a flood of silent connections keep no probe out`() throws {
        try withServer(
            {
                $0.connectionsMax = 1
                $0.extraConnectionsMax = 2
                $0.extraConnectionSeconds = 60
                $0.reservedPaths = ["/livez"]
            }, handler: echo
        ) { server throws in
            let first = try RawClient(port: server.port)
            #expect(try first.get("/").status == 200)
            let silent = try (0..<8).map { _ in try RawClient(port: server.port) }
            #expect(try RawClient(port: server.port).get("/livez").status == 200)
            #expect(silent[0].readToEnd() == "")
            #expect(try first.get("/").status == 200)
        }
    }

    @Test func `free what a silent client beyond the bound has taken`() throws {
        try withServer(
            {
                $0.connectionsMax = 1
                $0.extraConnectionsMax = 1
                $0.extraConnectionSeconds = 0.1
                $0.reservedPaths = ["/livez"]
            }, handler: echo
        ) { server throws in
            let first = try RawClient(port: server.port)
            #expect(try first.get("/").status == 200)
            let silent = try RawClient(port: server.port)
            #expect(silent.readToEnd() == "")
            #expect(try answerOfNext(server, path: "/livez").status == 200)
            #expect(try first.get("/").status == 200)
        }
    }

    /// The answer on a new connection, as soon as the server has let go of the one before.
    private func answerOfNext(_ server: HTTPServer, path: String) throws -> RawAnswer {
        let end = Deadline(10)
        while true {
            do {
                return try RawClient(port: server.port).get(path)
            } catch let failure as RawClient.Failure {
                guard end.millisecondsLeft > 0 else { throw failure }
            }
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nX-", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"])
    func `cut a request that comes byte by byte`(start: String) throws {
        try withServer({ $0.requestSeconds = 0.5 }, handler: echo) { server throws in
            let client = try RawClient(port: server.port)
            client.send(start)
            let end = Deadline(10)
            while end.millisecondsLeft > 0, client.send("x"), client.readToEnd(seconds: 0.05) == nil {}
            #expect(client.isClosed || !client.send("x"))
            #expect(end.millisecondsLeft > 0)
        }
    }

    @Test func `cut a client that does not take its answer`() throws {
        let ended = Event()
        try withServer(
            {
                $0.requestSeconds = 0.5
                $0.onRequest = { _ in ended.happen() }
            },
            handler: { _ in HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 120, count: 32 << 20))) }
        ) { server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(ended.wait(seconds: 10))
        }
    }

    @Test func `leave alone whoever waits for the server`() throws {
        let responder = Locked<DeferredResponder?>(nil)
        try withServer(
            { $0.requestSeconds = 0.5 },
            handler: { _ in HTTPResponse(status: 200, body: .deferred { held in responder.withLock { $0 = held } }) }
        ) { server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            // A second connection that is cut shows that the deadline has passed for both.
            let late = try RawClient(port: server.port)
            late.send("GET / HT")
            #expect(late.readToEnd() != nil)
            responder.withLock { $0 }?.respond(HTTPResponse(status: 200, contentType: "text/plain", text: "at last"))
            #expect(try client.readAnswer().text == "at last")
        }
    }
}
