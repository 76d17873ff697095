import Foundation
import OutboundHTTP
import Testing
import Threading

@Suite struct `Rate budget` {
    /// Whether any `seconds` hold more than `limit` of the ascending moments, wherever they begin.
    private func exceeds(_ limit: Int, in seconds: Double, _ moments: [Double]) -> Bool {
        guard limit > 0, moments.count > limit else { return false }
        return (limit..<moments.count).contains { moments[$0] - moments[$0 - limit] < seconds }
    }

    /// The earliest moment after `now` the rules allow, found the slow way.
    private func earliest(_ calls: [Double], _ now: Double, _ limits: [(limit: Int, seconds: Double)]) -> Double {
        limits.reduce(now) { moment, window in
            guard window.limit > 0, calls.count >= window.limit else { return moment }
            return max(moment, calls[calls.count - window.limit] + window.seconds)
        }
    }

    @Test(arguments: [(100, 1500), (45, 1500), (10, 0), (0, 7), (3, 5), (5, 3), (1, 1)])
    func `no window is ever exceeded and no call waits longer than it must`(perMinute: Int, perHour: Int) async throws {
        let time = SimulatedTime()
        let budget = RateBudget(perMinute: perMinute, perHour: perHour, marginSeconds: 0, clock: time.clock)
        let limits = [(limit: perMinute, seconds: 60.0), (limit: perHour, seconds: 3600.0)]
        var calls: [Double] = []
        for _ in 0..<4000 {
            // Bursts, trickles and long pauses.
            switch Int.random(in: 0..<100) {
            case 0: time.advance(.random(in: 0...5000))
            case 1..<20: time.advance(.random(in: 0...3))
            default: break
            }
            let expected = earliest(calls, time.now, limits)
            try await budget.acquire()
            // A sum of the same times in another order may differ in the last bits.
            #expect(abs(time.now - expected) < 1e-6)
            calls.append(time.now)
        }
        #expect(!exceeds(perMinute, in: 60 - 1e-6, calls))
        #expect(!exceeds(perHour, in: 3600 - 1e-6, calls))
    }

    @Test func `holds for a server that sees calls late and keeps its own windows`() async throws {
        let time = SimulatedTime()
        let budget = RateBudget(perMinute: 20, perHour: 200, marginSeconds: 1, clock: time.clock)
        var arrivals: [Double] = []
        for _ in 0..<2000 {
            try await budget.acquire()
            arrivals.append(time.now + .random(in: 0...0.9))
        }
        arrivals.sort()
        #expect(!exceeds(20, in: 60, arrivals))
        #expect(!exceeds(200, in: 3600, arrivals))
    }

    @Test func `a call fills the windows until its answer is here`() async throws {
        let time = SimulatedTime()
        let budget = RateBudget(perMinute: 1, perHour: 0, marginSeconds: 0, clock: time.clock)
        let server = try RawServer { connection, _ in
            // The answer takes forty seconds.
            time.advance(40)
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return true
        }
        var configuration = HTTPClientConfiguration()
        configuration.clock = time.clock
        let client = HTTPClient(configuration: configuration)
        for _ in 0..<3 {
            _ = try await client.send(
                OutboundRequest(.get, url: server.url), retrying: RetryPolicy(), budget: budget)
        }
        // Sixty seconds from answer to next call, as the first call may have been counted just before its answer.
        #expect(time.sleeps == [60, 60])
    }

    @Test func `the first calls go out at once and the status says what is left`() async throws {
        let time = SimulatedTime()
        let budget = RateBudget(perMinute: 100, perHour: 150, marginSeconds: 0, clock: time.clock)
        for _ in 0..<100 { try await budget.acquire() }
        #expect(time.sleeps.isEmpty)
        var status = budget.status
        #expect(status.remainingThisMinute == 0)
        #expect(status.remainingThisHour == 50)
        #expect(status.secondsUntilNextCall == 60)
        #expect(budget.secondsUntil(calls: 0) == 0)
        #expect(budget.secondsUntil(calls: 50) == 60)
        #expect(budget.secondsUntil(calls: 51) == 3600)
        #expect(budget.secondsUntil(calls: 150) == 3600)
        #expect(budget.secondsUntil(calls: 151) == 3660)
        time.advance(59)
        #expect(budget.status.secondsUntilNextCall == 1)
        time.advance(1)
        status = budget.status
        #expect(status.remainingThisMinute == 100)
        #expect(status.secondsUntilNextCall == 0)
        #expect(status.waiting == 0)
    }

    @Test func `a closed budget lets nothing out until it opens and is never opened early`() async throws {
        let time = SimulatedTime()
        let budget = RateBudget(perMinute: 0, perHour: 0, clock: time.clock)
        budget.close(forSeconds: 50)
        budget.close(forSeconds: 10)
        #expect(budget.status.closedForSeconds == 50)
        try await budget.acquire()
        #expect(time.sleeps == [50])
        budget.close(forSeconds: .infinity)
        #expect(budget.status.closedForSeconds == 86_400)
    }

    @Test func `takes its calls and its closing over a restart`() async throws {
        let time = SimulatedTime()
        let first = RateBudget(perMinute: 10, perHour: 0, marginSeconds: 0, clock: time.clock)
        for _ in 0..<6 { try await first.acquire() }
        first.close(forSeconds: 20)
        let text = try JSONEncoder().encode(first.snapshot)
        time.advance(5)
        let snapshot = try JSONDecoder().decode(RateBudget.Snapshot.self, from: text)
        let second = RateBudget(perMinute: 10, perHour: 0, marginSeconds: 0, restoring: snapshot, clock: time.clock)
        #expect(second.status.remainingThisMinute == 4)
        #expect(second.status.closedForSeconds == 15)
        for _ in 0..<5 { try await second.acquire() }
        #expect(time.sleeps == [15, 40])

        // Times of a wall clock that was set back, and nonsense: never later than now, never for long.
        let wild = RateBudget.Snapshot(calls: [1e18, .nan, .infinity, -1e18], closedUntil: 1e18)
        let third = RateBudget(perMinute: 10, perHour: 0, restoring: wild, clock: time.clock)
        #expect(third.status.remainingThisMinute == 9)
        #expect(third.status.closedForSeconds <= 86_400)
    }

    @Test(.timeLimit(.minutes(5))) func `serves in order, and a cancelled waiter leaves at once without a call`()
        async throws
    {
        // Time that passes only when the test says so.
        let now = Locked(0.0)
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        let clock = WaitClock(
            now: { now.withLock { $0 } }, wall: { 0 },
            sleep: { _ in
                for await _ in ticks { return }
                throw CancellationError()
            })
        let budget = RateBudget(perMinute: 1, perHour: 0, marginSeconds: 0, clock: clock)
        try await budget.acquire()
        let order = Locked<[Int]>([])
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<6 {
            tasks.append(
                Task {
                    try await budget.acquire()
                    order.withLock { $0.append(number) }
                })
            // In line before the next one comes.
            while budget.status.waiting <= number { await Task.yield() }
        }
        tasks[2].cancel()
        await #expect(throws: OutboundError.cancelled) { try await tasks[2].value }
        #expect(budget.status.waiting == 5)
        for number in [0, 1, 3, 4, 5] {
            now.withLock { $0 += 60 }
            tick.yield()
            try await tasks[number].value
        }
        #expect(order.withLock { $0 } == [0, 1, 3, 4, 5])
        #expect(budget.status.waiting == 0)
    }

    @Test(.timeLimit(.minutes(5))) func `the first in line can be cancelled too`() async throws {
        let budget = RateBudget(perMinute: 1, perHour: 0)
        try await budget.acquire()
        let first = Task { try await budget.acquire() }
        while budget.status.waiting < 1 { await Task.yield() }
        let second = Task { try await budget.acquire() }
        while budget.status.waiting < 2 { await Task.yield() }
        first.cancel()
        await #expect(throws: OutboundError.cancelled) { try await first.value }
        #expect(budget.status.waiting == 1)
        second.cancel()
        await #expect(throws: OutboundError.cancelled) { try await second.value }
        #expect(budget.status.waiting == 0)
    }
}
