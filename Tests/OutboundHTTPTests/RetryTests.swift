import OutboundHTTP
import Testing
import Threading

@Suite struct `Retries` {
    private let time = SimulatedTime()
    private let answered = Locked(0)

    private func client() -> HTTPClient {
        var configuration = HTTPClientConfiguration(workers: 1)
        configuration.clock = time.clock
        return HTTPClient(configuration: configuration)
    }

    /// Gives one answer after the other, the last for good; an empty one is a reset connection.
    private func server(_ answers: [String]) throws -> RawServer {
        try RawServer { [answered] connection, _ in
            let number = answered.withLock { count in
                defer { count += 1 }
                return min(count, answers.count - 1)
            }
            guard !answers[number].isEmpty else {
                connection.reset()
                return false
            }
            connection.send(answers[number])
            return !answers[number].contains("Content-Length: 9")
        }
    }

    private func answer(_ status: Int, _ header: String = "X: y") -> String {
        "HTTP/1.1 \(status) X\r\n\(header)\r\nContent-Length: 0\r\n\r\n"
    }

    @Test func `goes on through resets, truncation, 408, 429 and 5xx until an answer holds`() async throws {
        let truncated = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"
        let server = try server(["", truncated, answer(408), answer(429), answer(503), answer(200)])
        let policy = RetryPolicy(baseSeconds: 1, capSeconds: 6, random: { 1 })
        let result = try await client().send(OutboundRequest(.get, url: server.url), retrying: policy)
        #expect(result.status == 200)
        #expect(time.sleeps == [1, 2, 4, 6, 6])
    }

    @Test(arguments: [400, 401, 403, 404, 409, 422])
    func `gives every other 4xx back at once`(status: Int) async throws {
        let server = try server([answer(status)])
        let result = try await client().send(OutboundRequest(.get, url: server.url), retrying: RetryPolicy())
        #expect(result.status == status)
        #expect(server.counts.requests == 1)
    }

    @Test func `the caller may decide otherwise`() async throws {
        let server = try server([answer(404), answer(503)])
        let result = try await client().send(OutboundRequest(.get, url: server.url), retrying: RetryPolicy()) {
            if case .answer(let response) = $0 { response.status == 404 } else { false }
        }
        #expect(result.status == 503)
        #expect(server.counts.requests == 2)
    }

    @Test func `gives up after the last attempt with what it said`() async throws {
        let server = try server([answer(500), answer(502)])
        let policy = RetryPolicy(attemptsMax: 3)
        let result = try await client().send(OutboundRequest(.get, url: server.url), retrying: policy)
        #expect(result.status == 502)
        #expect(server.counts.requests == 3)
        let dead = try self.server([""])
        let error = await #expect(throws: OutboundError.self) {
            try await client().send(OutboundRequest(.get, url: dead.url), retrying: policy)
        }
        #expect(error?.kind == "lost")
    }

    @Test func `goes on for as long as the caller has patience, with what the server may recover from`() async throws {
        let policy = RetryPolicy(
            attemptsMax: 2, baseSeconds: 10, capSeconds: 10, deadlineSeconds: 15, patienceSeconds: { 45 },
            random: { 1 })
        let down = try server([answer(503)])
        let result = try await client().send(OutboundRequest(.get, url: down.url), retrying: policy)
        #expect(result.status == 503)
        // Four in patience, and what is made of every call.
        #expect(time.sleeps == [10, 10, 10, 10, 10])
        // A limit is none, nor is another's wish to try again.
        for status in [429, 403] {
            let refusing = try server([answer(status)])
            _ = try await client().send(OutboundRequest(.get, url: refusing.url), retrying: policy) { _ in true }
            #expect(refusing.counts.requests == 2)
        }
    }

    @Test func `has all its attempts when an outage is over`() async throws {
        let policy = RetryPolicy(
            attemptsMax: 3, baseSeconds: 10, capSeconds: 10, deadlineSeconds: 25, patienceSeconds: { 900 },
            random: { 1 })
        let outage = Array(repeating: answer(503), count: 40)
        let server = try server(outage + [answer(403), answer(429), answer(200)])
        let result = try await client().send(OutboundRequest(.get, url: server.url), retrying: policy) {
            if case .answer(let response) = $0 { response.status != 200 } else { true }
        }
        #expect(result.status == 200)
        #expect(server.counts.requests == 43)
    }

    @Test func `counts a wait for the budget as a part of the outage`() async throws {
        let policy = RetryPolicy(
            attemptsMax: 2, baseSeconds: 1, capSeconds: 1, patienceSeconds: { 100 }, random: { 1 })
        let server = try server([answer(503)])
        // A call every minute.
        let budget = RateBudget(perMinute: 1, perHour: 0, clock: time.clock)
        _ = try await client().send(OutboundRequest(.get, url: server.url), retrying: policy, budget: budget)
        // At 0 and 60 s with patience, at 120 and 180 s because two attempts are made of every call.
        #expect(server.counts.requests == 4)
    }

    @Test func `takes a time that its own deadline cut short for no outage`() async throws {
        let silent = try RawServer { _, _ in true }
        let policy = RetryPolicy(baseSeconds: 0.01, deadlineSeconds: 1, patienceSeconds: { 60 })
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        let error = await #expect(throws: OutboundError.self) {
            try await client.send(OutboundRequest(.get, url: silent.url), retrying: policy)
        }
        #expect(error == .timedOut)
        #expect(silent.counts.requests <= 1)
    }

    @Test func `obeys Retry-After in seconds and as a date`() async throws {
        let seconds = try server([answer(429, "Retry-After: 17"), answer(200)])
        let policy = RetryPolicy(random: { 0 })
        #expect(try await client().send(OutboundRequest(.get, url: seconds.url), retrying: policy).status == 200)
        #expect(time.sleeps == [17])

        // The simulated wall clock stands at 2023-11-14 22:30 and a few seconds.
        let later = SimulatedTime()
        later.advance(1000 - 17 + 17)
        answered.withLock { $0 = 0 }
        let date = try server([answer(503, "Retry-After: Tue, 14 Nov 2023 22:47:10 GMT"), answer(200)])
        var configuration = HTTPClientConfiguration()
        configuration.clock = later.clock
        let client = HTTPClient(configuration: configuration)
        #expect(try await client.send(OutboundRequest(.get, url: date.url), retrying: policy).status == 200)
        // 22:47:10 is 1,700,002,030 s after 1970.
        #expect(later.sleeps == [1_700_002_030 - SimulatedTime.wallOffset - 2000])
    }

    @Test func `a Retry-After beyond the deadline is the answer at once`() async throws {
        let server = try server([answer(429, "Retry-After: 601"), answer(200)])
        let result = try await client().send(
            OutboundRequest(.get, url: server.url), retrying: RetryPolicy(deadlineSeconds: 600))
        #expect(result.status == 429)
        #expect(time.sleeps.isEmpty)
    }

    @Test func `a 429 closes the budget for everyone`() async throws {
        let server = try server([answer(429, "Retry-After: 100"), answer(200)])
        let budget = RateBudget(perMinute: 0, perHour: 0, clock: time.clock)
        let policy = RetryPolicy(attemptsMax: 1)
        let client = client()
        #expect(
            try await client.send(OutboundRequest(.get, url: server.url), retrying: policy, budget: budget).status
                == 429)
        #expect(budget.status.closedForSeconds == 100)
        #expect(
            try await client.send(OutboundRequest(.get, url: server.url), retrying: policy, budget: budget).status
                == 200)
        #expect(time.sleeps == [100])
    }

    @Test(.timeLimit(.minutes(5))) func `a pause ends at once with the task`() async throws {
        let (sleeping, began) = AsyncStream.makeStream(of: Void.self)
        var configuration = HTTPClientConfiguration()
        configuration.clock = WaitClock(
            now: WaitClock.system.now, wall: WaitClock.system.wall,
            sleep: { seconds in
                began.yield()
                try await WaitClock.system.sleep(seconds)
            })
        let server = try server([answer(503, "Retry-After: 300")])
        let client = HTTPClient(configuration: configuration)
        let task = Task { try await client.send(OutboundRequest(.get, url: server.url), retrying: RetryPolicy()) }
        var iterator = sleeping.makeAsyncIterator()
        _ = await iterator.next()
        task.cancel()
        await #expect(throws: OutboundError.cancelled) { try await task.value }
    }

    @Test func `measures every attempt`() async throws {
        let measured = Locked<[RequestMeasurement]>([])
        var configuration = HTTPClientConfiguration(
            workers: 1, measured: { one in measured.withLock { $0.append(one) } })
        configuration.clock = time.clock
        let server = try server(["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"])
        var request = OutboundRequest(.post, url: server.url + "/machines/4711", body: [1, 2, 3])
        request.label = "defender machines"
        _ = try await HTTPClient(configuration: configuration).send(request, retrying: RetryPolicy())
        let all = measured.withLock { $0 }
        #expect(all.map(\.label) == ["defender machines", "defender machines"])
        #expect(all.map(\.attempt) == [1, 2])
        #expect(all.map(\.status) == [0, 200])
        #expect(all.map(\.error?.kind) == ["lost", nil])
        #expect(all.map(\.receivedBytes) == [0, 5])
        #expect(all.last?.sentBytes == 3)
    }
}

@Suite struct `Retry policy` {
    @Test func `pauses at random between half of a ceiling and all of it, which doubles up to the cap`() {
        for draw in [0.0, 0.25, 1.0] {
            let policy = RetryPolicy(attemptsMax: 100, deadlineSeconds: 1e9, random: { draw })
            for (attempt, ceiling) in [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (99, 30)] {
                let decision = policy.decision(attempt: attempt, elapsedSeconds: 0, outcome: .failure(.timedOut))
                #expect(decision == .retry(after: (1 + draw) / 2 * ceiling))
            }
        }
    }

    @Test(arguments: [
        OutboundError.tls("x"), .answerTooLarge(limit: 1), .invalidURL("x"), .cancelled, .other("x"),
    ])
    func `never repeats what can't get better`(error: OutboundError) {
        #expect(RetryPolicy().decision(attempt: 1, elapsedSeconds: 0, outcome: .failure(error)) == .fail)
    }

    @Test func `does not begin a pause that would pass the deadline`() {
        let policy = RetryPolicy(deadlineSeconds: 100, random: { 0 })
        let outcome = AttemptOutcome.failure(.truncated)
        #expect(policy.decision(attempt: 1, elapsedSeconds: 99, outcome: outcome) == .retry(after: 0.25))
        #expect(policy.decision(attempt: 1, elapsedSeconds: 99.75, outcome: outcome) == .fail)
        #expect(
            policy.decision(attempt: 1, elapsedSeconds: 50, outcome: outcome, retryAfterSeconds: 49)
                == .retry(after: 49))
        #expect(policy.decision(attempt: 1, elapsedSeconds: 50, outcome: outcome, retryAfterSeconds: 50) == .fail)
    }
}
