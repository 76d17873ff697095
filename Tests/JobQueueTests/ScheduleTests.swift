import ConnectorCore
import JobQueue
import Store
import Testing

@Suite(.timeLimit(.minutes(5))) struct `The schedule` {
    let store: SQLiteStore
    let clock = SimulatedClock("2026-11-20T10:02:30Z")

    init() throws { store = try SQLiteStore.temporary() }

    private func started(
        _ text: String, now: (@Sendable () -> Timestamp)? = nil
    ) async throws -> JobQueue {
        let entry = ScheduleEntry(connection: "default", kind: .incremental, expression: try CronExpression(text))
        let queue = JobQueue(
            store: store, runner: FakeRunner(), scheduleStore: store, schedule: [entry], settings: .eventsOnly,
            logger: .silent, now: now ?? { [clock] in clock.now })
        try await queue.start()
        return queue
    }

    /// Every round of the queue is over when this returns: it stops, on the same serial queue.
    private func stop(_ queue: JobQueue) async {
        queue.wake()
        await queue.drain(deadlineSeconds: 30)
    }

    private func mark() throws -> ScheduleMark? {
        try store.scheduleMark(of: "default", kind: .incremental)
    }

    /// A first start at 10:02:30, so that a mark is there; then nothing runs.
    private func sawTheMorning(_ text: String = "*/15 * * * *") async throws {
        await stop(try await started(text))
        #expect(try scheduled().isEmpty)
        #expect(try mark() == ScheduleMark(expression: text, consideredUntil: clock.now))
    }

    private func scheduled() throws -> [Job] {
        try store.jobs(JobQuery(connection: "default")).jobs
    }

    @Test func `requests a run at a tick and none before`() async throws {
        let queue = try await started("*/15 * * * *")
        let probe = try store.request(on: "probe", now: clock.now)
        queue.wake()
        try await store.job(probe, becomes: .running)
        #expect(try scheduled().isEmpty)
        clock.set("2026-11-20T10:15:00Z")
        queue.wake()
        let job = try await store.waitForChange { try scheduled().first }
        #expect(job.trigger == .schedule && job.kind == .incremental && job.createdAt == clock.now)
        await stop(queue)
        #expect(try scheduled().count == 1)
    }

    @Test func `wakes by itself at a tick`() async throws {
        let begin = ContinuousClock.now
        let base = clock.now.adding(seconds: 12 * 60 + 29).milliseconds + 900
        let queue = try await started("*/15 * * * *") {
            Timestamp(milliseconds: base + Int64((ContinuousClock.now - begin) / .milliseconds(1)))
        }
        let job = try await store.waitForChange { try scheduled().first }
        #expect(job.createdAt.milliseconds / 60_000 == base / 60_000 + 1, "in the minute of the tick")
        await stop(queue)
    }

    @Test func `makes up for all ticks missed while stopped with one run`() async throws {
        try await sawTheMorning()
        clock.set("2026-11-20T12:01:00Z")
        let queue = try await started("*/15 * * * *")
        _ = try await store.waitForChange { try scheduled().first }
        await stop(queue)
        #expect(try scheduled().count == 1)
        #expect(try mark()?.consideredUntil == clock.now)
    }

    @Test(arguments: [
        ("*/15 * * * *", "2026-11-20T10:14:59Z", 0), ("*/15 * * * *", "2026-11-20T10:15:00Z", 1),
        ("0 3 * * *", "2026-11-21T12:00:00Z", 0),
    ])
    func `starts a run only if a tick of the same schedule was missed`(
        text: String, restart: String, runs: Int
    ) async throws {
        try await sawTheMorning()
        clock.set(restart)
        for _ in 1...2 { await stop(try await started(text)) }
        #expect(try scheduled().count == runs)
    }

    @Test func `is absorbed by a run that is queued already`() async throws {
        try await sawTheMorning()
        let id = try store.request(.incremental, now: clock.now)
        clock.set("2026-11-20T10:31:00Z")
        let queue = try await started("*/15 * * * *")
        try await store.job(id) { $0.state != .queued }
        await stop(queue)
        #expect(try scheduled().map(\.id) == [id])
    }

    @Test func `goes on after the clock was far ahead`() async throws {
        let ahead = ScheduleMark(expression: "*/15 * * * *", consideredUntil: clock.now.adding(seconds: 86_400 * 365))
        try store.save(ahead, of: "default", kind: .incremental)
        try await sawTheMorning()
        clock.set("2026-11-20T10:15:00Z")
        let queue = try await started("*/15 * * * *")
        _ = try await store.waitForChange { try scheduled().first }
        await stop(queue)
    }

    @Test func `tells the next tick of each kind`() async throws {
        let schedule = [
            ScheduleEntry(connection: "a", kind: .incremental, expression: try CronExpression("*/15 * * * *")),
            ScheduleEntry(connection: "a", kind: .initial, expression: try CronExpression("0 3 * * sun")),
            ScheduleEntry(connection: "b", kind: .incremental, expression: try CronExpression("@hourly")),
        ]
        let queue = JobQueue(
            store: store, runner: FakeRunner(), schedule: schedule, logger: .silent, now: { [clock] in clock.now })
        #expect(
            queue.nextScheduled(for: "a") == [
                .incremental: Timestamp(iso8601: "2026-11-20T10:15:00Z"),
                .initial: Timestamp(iso8601: "2026-11-22T03:00:00Z"),
            ])
        #expect(queue.nextScheduled(for: "c").isEmpty)
    }
}
