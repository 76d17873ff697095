import ConnectorCore
import Foundation
import JobQueue
import Store
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Stopping the queue` {
    let store: SQLiteStore

    init() throws { store = try SQLiteStore.temporary() }

    private func started(_ runner: FakeRunner, on store: SQLiteStore? = nil) async throws -> JobQueue {
        let queue = JobQueue(store: store ?? self.store, runner: runner, settings: .eventsOnly, logger: .silent)
        try await queue.start()
        return queue
    }

    @Test func `puts running jobs back, and the next start goes on with them`() async throws {
        let queue = try await started(FakeRunner())
        let id = try store.request()
        queue.wake()
        let first = try await store.job(id, becomes: .running)
        await queue.drain(deadlineSeconds: 30)
        let waiting = try #require(try store.job(id))
        #expect(waiting.state == .queued && waiting.attempt == 2 && queue.isDraining)

        let runner = FakeRunner()
        runner.end(id)
        let next = try await started(runner)
        let done = try await store.job(id, becomes: .succeeded)
        #expect(done.attempt == 2 && done.startedAt == first.startedAt)
        await next.drain(deadlineSeconds: 30)
    }

    @Test func `starts nothing more`() async throws {
        let runner = FakeRunner()
        let queue = try await started(runner)
        await queue.drain(deadlineSeconds: 30)
        let id = try store.request()
        queue.wake()
        // The second call passes through the same queue, so the round for the first has been made when it returns.
        await queue.drain(deadlineSeconds: 30)
        try await queue.start()
        await queue.drain(deadlineSeconds: 30)
        #expect(try store.job(id)?.state == .queued && runner.started.isEmpty)
    }

    @Test func `returns at the deadline when a run does not react, and the late end changes nothing`() async throws {
        let runner = FakeRunner(onCancel: nil)
        let queue = try await started(runner)
        let id = try store.request()
        queue.wake()
        try await store.job(id, becomes: .running)
        await queue.drain(deadlineSeconds: 0.05)
        let waiting = try #require(try store.job(id))
        #expect(waiting.state == .queued && waiting.attempt == 2)
        await runner.nextEnd { runner.end(id) }
        await queue.drain(deadlineSeconds: 1)
        #expect(try store.job(id) == waiting)
    }

    @Test func `keeps the end of a run that finishes meanwhile`() async throws {
        let runner = FakeRunner(onCancel: nil)
        let queue = try await started(runner)
        let id = try store.request()
        queue.wake()
        try await store.job(id, becomes: .running)
        async let drained: Void = queue.drain(deadlineSeconds: 30)
        runner.end(id)
        await drained
        #expect(try store.job(id)?.state == .succeeded)
    }

    @Test(arguments: [true, false])
    func `does not bring back a job that was cancelled`(isQueueTold: Bool) async throws {
        let queue = try await started(FakeRunner())
        let id = try store.request()
        queue.wake()
        try await store.job(id, becomes: .running)
        _ = try store.requestCancel(id, now: .wallClock())
        if isQueueTold { queue.cancelRunning(id) }
        await queue.drain(deadlineSeconds: 30)
        #expect(try store.job(id)?.state == .cancelled)
    }

    @Test func `a job whose process was killed goes on at the next start`() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/queue-tests-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        var killed: SQLiteStore? = try SQLiteStore(stateDirectory: path)
        let id = try #require(try killed?.request())
        #expect(try killed?.claimNext(runningMax: 1, now: .wallClock())?.id == id)
        killed = nil

        let reopened = try SQLiteStore(stateDirectory: path)
        let runner = FakeRunner()
        runner.end(id)
        let queue = try await started(runner, on: reopened)
        let done = try await reopened.job(id, becomes: .succeeded)
        #expect(done.attempt == 2)
        await queue.drain(deadlineSeconds: 10)
    }
}
