import Foundation
import OutboundHTTP
import Testing
import Threading

@Suite struct `Failures` {
    let client = HTTPClient(configuration: HTTPClientConfiguration())

    private func failure(of request: OutboundRequest) async -> OutboundError? {
        await #expect(throws: OutboundError.self) { try await client.send(request) }
    }

    @Test func `a refused connection names host and port and nothing else`() async throws {
        // Port 1 of loopback: nothing listens there.
        let error = await failure(of: OutboundRequest(.get, url: "http://user:pw@127.0.0.1:1/path?token=abc"))
        #expect(error == .unreachable("127.0.0.1:1: Connection refused"))
    }

    @Test func `a name that does not resolve is unreachable`() async throws {
        let error = await failure(of: OutboundRequest(.get, url: "http://nowhere.invalid/"))
        #expect(error == .unreachable("nowhere.invalid:80: the name can't be resolved"))
    }

    @Test func `a connection closed or reset before the answer is lost`() async throws {
        let closing = try RawServer { _, _ in false }
        let closed = await failure(of: OutboundRequest(.get, url: closing.url))
        #expect(closed == .lost("127.0.0.1:\(closing.port): the connection was closed without an answer"))
        let resetting = try RawServer { connection, _ in
            connection.reset()
            return false
        }
        let reset = await failure(of: OutboundRequest(.get, url: resetting.url))
        #expect(reset == .lost("127.0.0.1:\(resetting.port): Connection reset by peer"))
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n12345",
    ])
    func `an answer cut short is truncated`(answer: String) async throws {
        let closing = try RawServer { connection, _ in
            connection.send(answer)
            return false
        }
        #expect(await failure(of: OutboundRequest(.get, url: closing.url)) == .truncated)
        let resetting = try RawServer { connection, _ in
            connection.send(answer)
            connection.reset()
            return false
        }
        // A reset may throw away what the client has not read yet, the beginning of the answer included.
        let reset = await failure(of: OutboundRequest(.get, url: resetting.url))
        #expect(reset == .truncated || reset?.kind == "lost")
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{1}\u{2}\u{3}garbage\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ])
    func `garbage instead of HTTP is an error`(answer: String) async throws {
        let server = try RawServer { connection, _ in
            connection.send(answer)
            return false
        }
        let error = await failure(of: OutboundRequest(.get, url: server.url))
        #expect(error?.kind == "other" || error == .truncated)
    }

    @Test func `silence ends with the deadline`() async throws {
        let server = try RawServer { connection, _ in
            _ = connection.waitForPeerToClose()
            return false
        }
        var request = OutboundRequest(.get, url: server.url)
        request.deadlineSeconds = 0.2
        #expect(await failure(of: request) == .timedOut)
        request.deadlineSeconds = 20
        request.stallSecondsMax = 1
        #expect(await failure(of: request) == .timedOut)
    }

    @Test func `a body that drips ends with the deadline`() async throws {
        let server = try RawServer { connection, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while connection.send("x") { usleep(5000) }
            return false
        }
        var request = OutboundRequest(.get, url: server.url)
        request.deadlineSeconds = 0.3
        #expect(await failure(of: request) == .timedOut)
    }

    @Test(arguments: ["Content-Length: 1001", "Transfer-Encoding: chunked", "X-Until-Close: 1"])
    func `a body above the bound is refused`(framing: String) async throws {
        let body = String(repeating: "x", count: 1001)
        let framed = framing.hasSuffix("chunked") ? "3E9\r\n\(body)\r\n0\r\n\r\n" : body
        let server = try RawServer { connection, _ in
            connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n\(framed)")
            return false
        }
        var request = OutboundRequest(.get, url: server.url)
        request.answerBytesMax = 1000
        #expect(await failure(of: request) == .answerTooLarge(limit: 1000))
        request.answerBytesMax = 1001
        #expect(try await client.send(request).body.count == 1001)
    }

    @Test func `endless headers are refused`() async throws {
        let server = try RawServer { connection, _ in
            connection.send("HTTP/1.1 200 OK\r\n")
            let line = "X-Filler: \(String(repeating: "y", count: 1000))\r\n"
            while connection.send(line) {}
            return false
        }
        let error = await failure(of: OutboundRequest(.get, url: server.url))
        #expect(error?.kind == "other")
    }

    @Test(arguments: [
        "", "relative/path", "ftp://host/", "file:///etc/passwd", "http://", "https:///x", "http://host\r\nX: y/",
        "http://host/a b", "http://host:99999/", "http://ho\u{0}st/", "HTTP:/x", "http://[::1/", "http://host/\n",
    ])
    func `a bad URL is refused and not repeated in the error`(url: String) async throws {
        let error = await failure(of: OutboundRequest(.get, url: url))
        #expect(error?.kind == "invalid_url")
    }

    @Test func `a line break in a header or in the authorization never reaches the wire`() async throws {
        let server = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        for bad in [("X", "a\r\nEvil: 1"), ("X", "a\nb"), ("X", "a\u{0}b"), ("X Y", "a"), ("", "a"), ("X:", "a")] {
            let error = await failure(of: OutboundRequest(.get, url: server.url, headers: [bad]))
            #expect(error?.kind == "other")
        }
        var request = OutboundRequest(.get, url: server.url)
        request.authorization = Secret("Bearer x\r\nEvil: 1")
        #expect(await failure(of: request) == .other("the authorization holds a line break or NUL"))
        #expect(server.counts.connections == 0)
    }

    @Test func `a worker serves on after a failure`() async throws {
        let failNext = Locked(true)
        let server = try RawServer { connection, _ in
            if failNext.withLock({ $0 }) {
                connection.reset()
                return false
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return true
        }
        let single = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        await #expect(throws: OutboundError.self) { try await single.send(OutboundRequest(.get, url: server.url)) }
        failNext.withLock { $0 = false }
        #expect(try await single.send(OutboundRequest(.get, url: server.url)).body == Array("ok".utf8))
    }

    @Test func `a kept connection that the server closed is replaced`() async throws {
        let server = try RawServer { connection, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return false
        }
        let single = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        for _ in 0..<20 {
            #expect(try await single.send(OutboundRequest(.get, url: server.url)).status == 200)
        }
    }
}
