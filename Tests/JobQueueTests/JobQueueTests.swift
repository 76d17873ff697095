import ConnectorCore
import JobQueue
import Store
import Testing
import Threading

@Suite(.timeLimit(.minutes(5))) struct `The queue` {
    let store: SQLiteStore
    let runner = FakeRunner()

    init() throws { store = try SQLiteStore.temporary() }

    private func started(
        _ settings: JobQueueSettings = .eventsOnly, runner: FakeRunner? = nil, store: (any JobStore)? = nil
    ) async throws -> JobQueue {
        let queue = JobQueue(
            store: store ?? self.store, runner: runner ?? self.runner, settings: settings, logger: .silent)
        try await queue.start()
        return queue
    }

    @Test func `runs what was queued before it started, and what it is woken for`() async throws {
        let before = try store.request(on: "a")
        let queue = try await started()
        runner.end(before)
        try await store.job(before, becomes: .succeeded)
        let later = try store.request(on: "b")
        for _ in 0..<100 { queue.wake() }
        runner.end(later)
        let job = try await store.job(later, becomes: .succeeded)
        #expect(job.startedAt != nil && job.endedAt != nil && job.attempt == 1)
        #expect(runner.started.map(\.id) == [before, later])
    }

    @Test func `finds work that nobody woke it for`() async throws {
        let queue = try await started(JobQueueSettings(safetyInterval: .milliseconds(20)))
        let id = try store.request()
        runner.end(id)
        try await store.job(id, becomes: .succeeded)
        await queue.drain(deadlineSeconds: 10)
    }

    @Test func `runs one job of a connection after the other`() async throws {
        let queue = try await started(JobQueueSettings(runningMax: 8, safetyInterval: .seconds(3600)))
        let first = try store.request(.initial)
        let second = try store.request(.incremental)
        queue.wake()
        try await store.job(first, becomes: .running)
        #expect(try store.job(second)?.state == .queued)
        runner.end(first)
        try await store.job(second, becomes: .running)
        runner.end(second)
        try await store.job(second, becomes: .succeeded)
        #expect(runner.activeMax == ["default": 1])
        #expect(runner.started.map(\.id) == [first, second])
    }

    @Test func `runs several connections at once, as many as it may`() async throws {
        let ids = try ["a", "b", "c"].map { try store.request(on: $0) }
        let queue = try await started(JobQueueSettings(runningMax: 2, safetyInterval: .seconds(3600)))
        try await store.job(ids[0], becomes: .running)
        try await store.job(ids[1], becomes: .running)
        #expect(try store.job(ids[2])?.state == .queued)
        runner.end(ids[1])
        try await store.job(ids[2], becomes: .running)
        #expect(try store.job(ids[0])?.state == .running)
        for id in ids { runner.end(id) }
        for id in ids { try await store.job(id, becomes: .succeeded) }
        #expect(runner.allMax <= 2)
        await queue.drain(deadlineSeconds: 10)
    }

    @Test func `never starts a job that was cancelled while queued`() async throws {
        let queue = try await started()
        let running = try store.request(.incremental)
        queue.wake()
        try await store.job(running, becomes: .running)
        let cancelled = try store.request(.initial)
        _ = try store.requestCancel(cancelled, now: .wallClock())
        queue.cancelRunning(cancelled)
        runner.end(running)
        try await store.job(running, becomes: .succeeded)
        let other = try store.request(.incremental)
        queue.wake()
        runner.end(other)
        try await store.job(other, becomes: .succeeded)
        #expect(runner.started.map(\.id) == [running, other])
        #expect(try store.job(cancelled)?.state == .cancelled)
    }

    @Test(arguments: [CancellationError() as any Error, JobFailureError(.recoverable("the transfer was cut"))])
    func `ends a running job that is cancelled, whatever its run throws then`(thrown: any Error) async throws {
        let runner = FakeRunner(onCancel: thrown)
        let queue = try await started(runner: runner)
        let id = try store.request()
        queue.wake()
        try await store.job(id, becomes: .running)
        _ = try store.requestCancel(id, now: .wallClock())
        queue.cancelRunning(id)
        let job = try await store.job(id) { $0.state.isFinal }
        #expect(job.state == .cancelled && job.failure == nil)
    }

    @Test func `notices a cancelled job that it was not told of`() async throws {
        let queue = try await started()
        let id = try store.request()
        queue.wake()
        try await store.job(id, becomes: .running)
        _ = try store.requestCancel(id, now: .wallClock())
        queue.wake()
        try await store.job(id, becomes: .cancelled)
    }

    @Test func `counts a job that succeeds in spite of a request to cancel as succeeded`() async throws {
        let runner = FakeRunner(onCancel: nil)
        let queue = try await started(runner: runner)
        let id = try store.request()
        queue.wake()
        try await store.job(id, becomes: .running)
        _ = try store.requestCancel(id, now: .wallClock())
        queue.cancelRunning(id)
        runner.end(id)
        #expect(try await store.job(id) { $0.state.isFinal }.state == .succeeded)
    }

    @Test(
        arguments: [
            (JobFailureError(.unrecoverable("CAR refused an edge")), .unrecoverable("CAR refused an edge")),
            (Denied(), .dataSource(.forbidden, "Machine.Read.All is missing")),
        ] as [(any Error, JobFailure)])
    func `fails a job as its error says`(thrown: any Error, failure: JobFailure) async throws {
        let id = try await failed(with: thrown)
        #expect(try store.job(id)?.failure == failure)
    }

    @Test func `calls an error that says nothing an internal one, without its text`() async throws {
        struct Odd: Error { let token = "secret" }
        for thrown in [Odd(), CancellationError()] as [any Error] {
            let failure = try #require(try store.job(try await failed(with: thrown))?.failure)
            #expect(failure.class == .internal && failure.code == 1 && !failure.message.contains("secret"))
        }
    }

    private func failed(with error: any Error) async throws -> JobID {
        let id = try store.request()
        runner.end(id, with: .failure(error))
        let queue = try await started()
        try await store.job(id, becomes: .failed)
        await queue.drain(deadlineSeconds: 10)
        return id
    }

    @Test func `offers the end of a job again to a store that fails`() async throws {
        let flaky = FlakyStore(store, refusals: 3)
        let settings = JobQueueSettings(safetyInterval: .seconds(3600), storeRetryDelay: .milliseconds(1))
        let queue = try await started(settings, store: flaky)
        let id = try store.request()
        runner.end(id)
        queue.wake()
        try await store.job(id, becomes: .succeeded)
    }

    @Test func `offers it until the process stops, and a restart finds the job`() async throws {
        let (calls, continuation) = AsyncStream.makeStream(of: Int.self)
        let flaky = FlakyStore(store, refusals: .max) { continuation.yield($0) }
        let settings = JobQueueSettings(safetyInterval: .seconds(3600), storeRetryDelay: .milliseconds(1))
        let queue = try await started(settings, store: flaky)
        let id = try store.request()
        runner.end(id)
        queue.wake()
        for await call in calls where call == 6 { break }
        await queue.drain(deadlineSeconds: 0.1)
        continuation.finish()
        #expect(try store.job(id)?.state == .running)
        #expect(try store.rescue(now: .wallClock()) == [id])
    }
}

/// An adapter's error.
struct Denied: ClassifiedFailure {
    var jobFailure: JobFailure { .dataSource(.forbidden, "Machine.Read.All is missing") }
}
