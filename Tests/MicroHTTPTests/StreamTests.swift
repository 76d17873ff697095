import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Streams` {
    private func streaming(_ work: @escaping @Sendable (any ResponseStream) -> Void) -> HTTPHandler {
        { _ in HTTPResponse(status: 200, headers: ["Content-Type": "text/event-stream"], body: .stream(work)) }
    }

    /// The next chunk's text.
    private func chunk(_ client: RawClient) -> String? {
        guard let size = client.read(until: "\r\n").flatMap({ Int($0, radix: 16) }) else { return nil }
        return client.read(count: size + 2).map { String(decoding: $0.dropLast(2), as: UTF8.self) }
    }

    @Test func `send what is written as it comes and end when finished`() throws {
        let streams = Box<any ResponseStream>()
        let ended = Event()
        let summaries = Box<RequestSummary>()
        try withServer(
            { $0.onRequest = { summaries.put($0) } },
            handler: streaming { stream in
                stream.onEnd { ended.happen() }
                streams.put(stream)
            }
        ) { server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.read(until: "\r\n\r\n")?.contains("text/event-stream") == true)
            let stream = try #require(streams.take())
            for text in ["one", "two", "three"] {
                #expect(stream.write(Array(text.utf8)))
                #expect(chunk(client) == text)
            }
            #expect(stream.write([]))
            stream.finish()
            stream.finish()
            #expect(chunk(client) == "")
            #expect(ended.wait())
            #expect(!stream.write([1]))
            #expect(summaries.take()?.responseBytes == 11)
            let late = Event()
            stream.onEnd { late.happen() }
            #expect(late.wait())
            #expect(ended.count == 1)
        }
    }

    @Test func `end for a client that went away`() throws {
        let streams = Box<any ResponseStream>()
        let ended = Event()
        try withServer(
            handler: streaming { stream in
                stream.onEnd { ended.happen() }
                streams.put(stream)
            }
        ) { server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let stream = try #require(streams.take())
            client.close()
            // The first bytes may still fit the kernel's buffer; what is written later finds the connection reset.
            var isOpen = true
            let deadline = Deadline(10)
            while isOpen, deadline.millisecondsLeft > 0 {
                isOpen = stream.write([46])
                _ = ended.wait(seconds: 0.01)
            }
            #expect(!isOpen)
            #expect(ended.count == 1)
        }
    }

    @Test func `end for a client that does not read`() throws {
        let streams = Box<any ResponseStream>()
        let ended = Event()
        try withServer(
            {
                $0.streamBufferBytesMax = 10_000
                $0.idleSeconds = 1
            },
            handler: streaming { stream in
                stream.onEnd { ended.happen() }
                streams.put(stream)
            }
        ) { server throws in
            let client = try RawClient(port: server.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let stream = try #require(streams.take())
            let part = [UInt8](repeating: 46, count: 5000)
            let deadline = Deadline(20)
            while stream.write(part), deadline.millisecondsLeft > 0 {}
            #expect(ended.wait())
            #expect(!stream.write([46]))
            #expect(try RawClient(port: server.port).get("/", method: "HEAD").status == 200)
        }
    }

    @Test func `are not begun for HEAD`() throws {
        let begun = Event()
        try withServer(handler: streaming { _ in begun.happen() }) { server throws in
            let client = try RawClient(port: server.port)
            let answer = try client.get("/", method: "HEAD")
            #expect(answer.status == 200)
            // It would be said of the stream, whose length nobody knows.
            #expect(answer.header("Content-Length") == nil)
            #expect(answer.header("Connection") == "close")
            #expect(client.readToEnd() == "")
            #expect(begun.count == 0)
        }
    }
}
