import ConnectorCore
import GRDB
import Testing

@testable import Store

@Suite struct `A job on its way` {
    let store: SQLiteStore

    init() throws { store = try SQLiteStore.temporary() }

    private func started(_ request: JobRequest = .make()) throws -> Job {
        _ = try store.enqueue(request, now: .at(0))
        return try #require(try store.claimNext(runningMax: 10, now: .at(1)))
    }

    @Test func `is claimed oldest first, one at a time for a connection`() throws {
        let first = try store.enqueue(.make(.initial), now: .at(0)).job
        _ = try store.enqueue(.make(.incremental), now: .at(0))
        let other = try store.enqueue(.make(on: "other"), now: .at(0)).job
        let claimed = try #require(try store.claimNext(runningMax: 10, now: .at(1)))
        #expect(claimed.id == first?.id)
        #expect(claimed.state == .running && claimed.startedAt == .at(1) && claimed.attempt == 1)
        #expect(try store.claimNext(runningMax: 10, now: .at(1))?.id == other?.id)
        #expect(try store.claimNext(runningMax: 10, now: .at(1)) == nil)
    }

    @Test func `waits while as many run as may`() throws {
        for number in 0..<3 { _ = try store.enqueue(.make(on: "c\(number)"), now: .at(0)) }
        #expect(try store.claimNext(runningMax: 2, now: .at(1)) != nil)
        let second = try #require(try store.claimNext(runningMax: 2, now: .at(1)))
        #expect(try store.claimNext(runningMax: 2, now: .at(1)) == nil)
        try store.finish(second.id, attempt: 1, outcome: .succeeded, now: .at(2))
        #expect(try store.claimNext(runningMax: 2, now: .at(3)) != nil)
    }

    @Test func `keeps what its run records, and counts visible changes`() throws {
        let job = try started()
        let progress = JobProgress(
            phase: .details, machines: .init(done: 3, total: 9), requests: .init(defender: 4, car: 5), etaSeconds: 60)
        let update = JobUpdate(
            progress: progress, effectiveKind: .initial, fallbackReason: "no save point in CAR",
            savePoint: SavePointRange(from: nil, to: "1795468509483"))
        try store.record(update, of: job.id, attempt: 1)
        try store.record(update, of: job.id, attempt: 1)
        let now = try #require(try store.job(job.id))
        #expect(now.progress == progress && now.effectiveKind == .initial)
        #expect(now.fallbackReason == "no save point in CAR" && now.savePoint.to == "1795468509483")
        #expect(now.version == job.version + 1, "the second record changed nothing")
    }

    @Test func `ignores a worker of an earlier attempt`() throws {
        let job = try started()
        try store.requeue(job.id, attempt: 1)
        let again = try #require(try store.claimNext(runningMax: 1, now: .at(9)))
        #expect(again.attempt == 2 && again.startedAt == .at(1), "the first start counts")
        try store.record(JobUpdate(fallbackReason: "late"), of: job.id, attempt: 1)
        try store.finish(job.id, attempt: 1, outcome: .succeeded, now: .at(10))
        try store.requeue(job.id, attempt: 1)
        #expect(try store.job(job.id) == again)
    }

    @Test func `ends once`() throws {
        let job = try started()
        let failure = JobFailure.dataSource(.forbidden, "Machine.Read.All is missing")
        try store.finish(job.id, attempt: 1, outcome: .failed(failure), now: .at(5))
        try store.finish(job.id, attempt: 1, outcome: .succeeded, now: .at(6))
        let ended = try #require(try store.job(job.id))
        #expect(ended.state == .failed && ended.failure == failure && ended.endedAt == .at(5))
    }

    @Test func `is cancelled at once while queued`() throws {
        let job = try #require(try store.enqueue(.make(), now: .at(0)).job)
        let outcome = try store.requestCancel(job.id, now: .at(1))
        guard case .accepted(let cancelled) = outcome else {
            Issue.record("unexpected \(outcome)")
            return
        }
        #expect(cancelled.state == .cancelled && cancelled.endedAt == .at(1))
        #expect(try store.requestCancel(job.id, now: .at(2)) == outcome)
        #expect(try store.claimNext(runningMax: 1, now: .at(2)) == nil)
    }

    @Test func `turns to cancelling while running, and ends by its worker`() throws {
        let job = try started()
        let outcome = try store.requestCancel(job.id, now: .at(2))
        guard case .accepted(let cancelling) = outcome else {
            Issue.record("unexpected \(outcome)")
            return
        }
        #expect(cancelling.state == .cancelling)
        #expect(try store.requestCancel(job.id, now: .at(3)) == outcome)
        try store.requeue(job.id, attempt: 1)
        #expect(try store.job(job.id)?.state == .cancelling, "a cancelled job is not started again")
        try store.finish(job.id, attempt: 1, outcome: .cancelled, now: .at(4))
        #expect(try store.job(job.id)?.state == .cancelled)
    }

    @Test func `can't be cancelled after its end, nor when unknown`() throws {
        let job = try started()
        try store.finish(job.id, attempt: 1, outcome: .succeeded, now: .at(2))
        let ended = try #require(try store.job(job.id))
        #expect(try store.requestCancel(job.id, now: .at(3)) == .alreadyEnded(ended))
        let unknown = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        #expect(try store.requestCancel(unknown, now: .at(3)) == .unknown)
    }

    @Test func `goes back to the queue when its process was killed`() throws {
        let directory = TemporaryDirectory()
        var killed: SQLiteStore? = try SQLiteStore(path: directory.database)
        let job = try #require(try killed?.enqueue(.make(), now: .at(0)).job)
        _ = try killed?.enqueue(.make(on: "b"), now: .at(0))
        _ = try killed?.claimNext(runningMax: 2, now: .at(1))
        let cancelled = try #require(try killed?.claimNext(runningMax: 2, now: .at(1)))
        _ = try killed?.enqueue(.make(), now: .at(2))
        _ = try killed?.requestCancel(cancelled.id, now: .at(2))
        killed = nil

        let store = try SQLiteStore(path: directory.database)
        #expect(try store.rescue(now: .at(60)) == [job.id])
        let rescued = try #require(try store.job(job.id))
        #expect(rescued.state == .queued && rescued.attempt == 2)
        let ended = try #require(try store.job(cancelled.id))
        #expect(ended.state == .cancelled && ended.endedAt == .at(60))
        #expect(try store.rescue(now: .at(61)).isEmpty)
        #expect(try store.claimNext(runningMax: 2, now: .at(62))?.id == job.id)
    }

    @Test func `is given up when its process ends again and again`() throws {
        let job = try started()
        for attempt in 1..<SQLiteStore.attemptsMax {
            #expect(try store.rescue(now: .at(2)) == [job.id])
            #expect(try store.claimNext(runningMax: 1, now: .at(3))?.attempt == attempt + 1)
        }
        #expect(try store.rescue(now: .at(4)).isEmpty)
        #expect(try store.job(job.id)?.failure?.class == .internal)
    }

    @Test func `has the report of its run once the run has begun`() async throws {
        let job = try started()
        #expect(try store.report(of: job.id) == nil)
        let runs = SQLiteRunStore(writer: store.pool)
        _ = try await runs.openRun(job.id, connection: job.connection, now: .at(3))
        var report = ImportReport()
        report.add(.machines, read: 5, mapped: 4)
        report.addSkipped([SkippedRecord(kind: .machines, id: "x", reason: "invalid_id")])
        try await runs.addToReport(report, of: job.id)
        #expect(try store.report(of: job.id) == report)
    }
}
