import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Limits` {
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
            #expect(answer.text.contains(#""code":"payload_too_large""#))
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

    @Test func `let a connection beyond the whole bound wait until another ends`() throws {
        try withServer(
            {
                $0.threads = 1
                $0.connectionsMax = 1
            }, handler: echo
        ) { server throws in
            let first = try RawClient(port: server.port)
            #expect(try first.get("/").status == 200)
            let second = try RawClient(port: server.port)
            #expect(throws: RawClient.Failure.self) { try second.get("/", seconds: 0.3) }
            first.close()
            #expect(try second.readAnswer().status == 200)
        }
    }
}
