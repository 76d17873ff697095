import OutboundHTTP
import Testing

@Suite struct `Requests and answers` {
    let client = HTTPClient(configuration: HTTPClientConfiguration())

    @Test func `returns status, headers and body of an answer`() async throws {
        let server = try RawServer(
            always: "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Name:  a b \r\nEmpty:\r\n\r\nhello")
        let answer = try await client.send(OutboundRequest(.get, url: server.url + "/a?b=c"))
        #expect(answer.status == 201)
        #expect(answer.body == Array("hello".utf8))
        #expect(answer.header("x-NAME") == "a b")
        #expect(answer.header("empty") == "")
        #expect(answer.header("absent") == nil)
        #expect(answer.seconds > 0)
        let request = try #require(server.requests.first)
        #expect(request.line == "GET /a?b=c HTTP/1.1")
        #expect(request.header("Accept-Encoding") == "gzip")
        #expect(request.header("User-Agent") == "defender-car")
    }

    @Test(arguments: [300, 302, 400, 401, 404, 429, 500, 503])
    func `takes every status for an answer and follows no redirect`(status: Int) async throws {
        let server = try RawServer(
            always: "HTTP/1.1 \(status) X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        let answer = try await client.send(OutboundRequest(.get, url: server.url))
        #expect(answer.status == status)
        #expect(server.counts.requests == 1)
    }

    @Test func `sends a large body, the authorization and no Expect header`() async throws {
        let server = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
        var request = OutboundRequest(
            .post, url: server.url, headers: [("Content-Type", "application/json"), ("X-Empty", "")], body: body)
        request.authorization = Secret("Bearer token")
        #expect(try await client.send(request).status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.body == body)
        #expect(seen.header("Authorization") == "Bearer token")
        #expect(seen.header("Content-Type") == "application/json")
        #expect(seen.header("X-Empty") == "")
        #expect(seen.header("Expect") == nil)
    }

    @Test(arguments: [OutboundRequest.Method.post, .put, .patch])
    func `announces an empty body where the method implies one`(method: OutboundRequest.Method) async throws {
        let server = try RawServer(always: "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(try await client.send(OutboundRequest(method, url: server.url)).status == 204)
        let seen = try #require(server.requests.first)
        #expect(seen.line == "\(method.rawValue) / HTTP/1.1")
        #expect(seen.header("Content-Length") == "0")
        #expect(seen.header("Content-Type") == nil)
    }

    @Test func `sends DELETE without a body and HEAD without waiting for one`() async throws {
        let server = try RawServer { connection, request in
            let length = request.line.hasPrefix("HEAD") ? "99999999999" : "0"
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
            return true
        }
        #expect(try await client.send(OutboundRequest(.delete, url: server.url)).status == 200)
        let head = try await client.send(OutboundRequest(.head, url: server.url))
        #expect(head.status == 200)
        #expect(head.header("Content-Length") == "99999999999")
        #expect(server.requests.map(\.line) == ["DELETE / HTTP/1.1", "HEAD / HTTP/1.1"])
        #expect(server.requests.allSatisfy { $0.header("Content-Length") == nil })
    }

    @Test func `reuses its connection`() async throws {
        let server = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        for _ in 0..<50 {
            #expect(try await client.send(OutboundRequest(.get, url: server.url)).body.count == 2)
        }
        #expect(server.counts.requests == 50)
        #expect(server.counts.connections == 1)
    }
}
