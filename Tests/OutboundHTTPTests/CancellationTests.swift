import OutboundHTTP
import Testing
import Threading

@Suite struct `Cancellation` {
    /// Answers nothing; tells when a request is here and when its connection is gone.
    private final class SilentServer: Sendable {
        let events: AsyncStream<String>
        let server: RawServer

        init() throws {
            let (stream, continuation) = AsyncStream.makeStream(of: String.self)
            events = stream
            server = try RawServer { connection, request in
                continuation.yield(request.line)
                continuation.yield(connection.waitForPeerToClose() ? "closed" : "left open")
                return false
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func `a cancelled task aborts its transfer and closes the connection`()
        async throws
    {
        let silent = try SilentServer()
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        var events = silent.events.makeAsyncIterator()
        let task = Task { try await client.send(OutboundRequest(.get, url: silent.server.url)) }
        #expect(await events.next() == "GET / HTTP/1.1")
        task.cancel()
        // The server never answers, and the request's own deadline is beyond this test's.
        await #expect(throws: OutboundError.cancelled) { try await task.value }
        #expect(await events.next() == "closed")
    }

    @Test func `a task cancelled before it sends, sends nothing`() async throws {
        let server = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let client = HTTPClient(configuration: HTTPClientConfiguration())
        let task = Task {
            // Ends only by cancellation.
            while !Task.isCancelled { await Task.yield() }
            return try await client.send(OutboundRequest(.get, url: server.url))
        }
        task.cancel()
        await #expect(throws: OutboundError.cancelled) { try await task.value }
        #expect(server.counts.connections == 0)
    }

    @Test(.timeLimit(.minutes(5))) func `a task cancelled in the queue leaves it and the others keep their turn`()
        async throws
    {
        let silent = try SilentServer()
        let quick = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        var events = silent.events.makeAsyncIterator()
        let blocking = Task { try await client.send(OutboundRequest(.get, url: silent.server.url)) }
        #expect(await events.next() == "GET / HTTP/1.1")
        let queued = (0..<50).map { number in
            Task { try await client.send(OutboundRequest(.get, url: quick.url + "/\(number)")) }
        }
        for task in queued.prefix(25) { task.cancel() }
        for task in queued.prefix(25) {
            await #expect(throws: OutboundError.cancelled) { try await task.value }
        }
        #expect(quick.counts.requests == 0)
        blocking.cancel()
        for task in queued.dropFirst(25) {
            #expect(try await task.value.status == 200)
        }
        #expect(quick.counts.requests == 25)
    }

    @Test(.timeLimit(.minutes(5))) func `shutdown ends what runs and what waits and refuses more`() async throws {
        let silent = try SilentServer()
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        var events = silent.events.makeAsyncIterator()
        let tasks = (0..<5).map { _ in
            Task { try await client.send(OutboundRequest(.get, url: silent.server.url)) }
        }
        #expect(await events.next() == "GET / HTTP/1.1")
        client.shutdown()
        for task in tasks {
            let error = await #expect(throws: OutboundError.self) { try await task.value }
            // A task that had not come to send yet finds the client shut.
            #expect(error == .cancelled || error == .other("the HTTP client is shut down"))
        }
        await #expect(throws: OutboundError.other("the HTTP client is shut down")) {
            try await client.send(OutboundRequest(.get, url: silent.server.url))
        }
    }

    @Test(.timeLimit(.minutes(5))) func `random cancellations lose no worker and resume every caller`() async throws {
        let server = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 3))
        let ended = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let task = Task { try await client.send(OutboundRequest(.get, url: server.url)) }
                    if number % 2 == 0 {
                        for _ in 0..<(number % 7) { await Task.yield() }
                        task.cancel()
                    }
                    switch await task.result {
                    case .success(let answer): return answer.status == 200
                    case .failure(let error): return number % 2 == 0 && error as? OutboundError == .cancelled
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(ended == [Bool](repeating: true, count: 400))
        for _ in 0..<10 {
            #expect(try await client.send(OutboundRequest(.get, url: server.url)).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `more requests than may wait are refused`() async throws {
        let silent = try SilentServer()
        var configuration = HTTPClientConfiguration(workers: 1)
        configuration.waitingMax = 0
        let client = HTTPClient(configuration: configuration)
        var events = silent.events.makeAsyncIterator()
        let blocking = Task { try await client.send(OutboundRequest(.get, url: silent.server.url)) }
        #expect(await events.next() == "GET / HTTP/1.1")
        await #expect(throws: OutboundError.other("0 requests are waiting already")) {
            try await client.send(OutboundRequest(.get, url: silent.server.url))
        }
        blocking.cancel()
        await #expect(throws: OutboundError.cancelled) { try await blocking.value }
    }
}
