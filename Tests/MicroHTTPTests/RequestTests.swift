import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Requests` {
    @Test func `are answered on a free port with the handler's status, headers and body`() throws {
        try withServer(handler: { _ in
            HTTPResponse(status: 201, contentType: "text/plain", text: "made", headers: ["Location": "/x"])
        }) { server throws in
            #expect(server.port != 0)
            let answer = try RawClient(port: server.port).get("/")
            #expect(answer.status == 201)
            #expect(answer.text == "made")
            #expect(answer.header("Location") == "/x")
            #expect(answer.header("Content-Type") == "text/plain")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Date") != nil)
            #expect(answer.header("Server") == nil)
        }
    }

    @Test func `keep their raw path while the query is decoded`() throws {
        try withServer(handler: echo) { server throws in
            let client = try RawClient(port: server.port)
            #expect(
                try client.get("/a%2Fb/c%20d?x=1+2&x=%C3%A9&empty=&bare&=v&a=b=c").text
                    == "GET /a%2Fb/c%20d\nx=1 2;x=é;empty=;bare=;=v;a=b=c\n")
            #expect(try client.get("/p?").text == "GET /p\n\n")
            #expect(try client.get("/p??a=%2B&&").text == "GET /p\n?a=+\n")
        }
    }

    @Test func `follow one another on a connection, pipelined too`() throws {
        try withServer(handler: echo) { server throws in
            let client = try RawClient(port: server.port)
            let one = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            let two = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
            client.send(one + two + one)
            #expect(try client.readAnswer().text == "POST /1\n\nabc")
            #expect(try client.readAnswer().text == "GET /2\n\n")
            #expect(try client.readAnswer().text == "POST /1\n\nabc")
        }
    }

    @Test(arguments: [
        "Host: a\r\nHost: a", "Host: a\r\nhost: b", "Host: a\r\nAccept : text/plain", "Host: a\r\nX\t: a",
    ])
    func `that another server might read differently are refused, and the connection closed`(headers: String) throws {
        try withServer(handler: echo) { server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\n\(headers)\r\n\r\n")
            #expect(try client.readAnswer().status == 400)
            #expect(client.readToEnd() == "")
        }
    }

    @Test func `to HEAD carry the length of GET and no body`() throws {
        try withServer(handler: echo) { server throws in
            let client = try RawClient(port: server.port)
            let answer = try client.get("/abc", method: "HEAD")
            #expect(answer.header("Content-Length") == "11")
            // A body would be read as the next answer's head.
            #expect(try client.get("/next").text == "GET /next\n\n")
        }
    }

    @Test(arguments: [204, 304]) func `answered with a status without body get none`(status: Int) throws {
        try withServer(handler: { request in
            request.path == "/next" ? try echo(request) : HTTPResponse(status: status, body: .bytes(Array("no".utf8)))
        }) { server throws in
            let client = try RawClient(port: server.port)
            let answer = try client.get("/")
            #expect(answer.status == status)
            #expect(answer.header("Content-Length") ?? "0" == "0")
            #expect(try client.get("/next").text == "GET /next\n\n")
        }
    }

    @Test func `get large bodies whole`() throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try withServer(handler: { _ in HTTPResponse(status: 200, body: .bytes(body)) }) { server throws in
            let client = try RawClient(port: server.port)
            let answer = try client.get("/")
            #expect(answer.header("Content-Length") == "3000000")
            #expect(answer.body == body)
        }
    }
}
