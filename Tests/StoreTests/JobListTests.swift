import ConnectorCore
import GRDB
import Testing
import Threading

@testable import Store

@Suite struct `The list of jobs` {
    let store: SQLiteStore

    init() throws { store = try SQLiteStore.temporary(endedJobsKept: 5) }

    @discardableResult
    private func ended(_ kind: JobKind, on connection: String = "default") throws -> JobID {
        let job = try #require(try store.enqueue(.make(kind, on: connection), now: .at(0)).job)
        _ = try store.claimNext(runningMax: 10, now: .at(0))
        try store.finish(job.id, attempt: 1, outcome: .succeeded, now: .at(0))
        return job.id
    }

    @Test func `is in the order of creation, newest first, also within a millisecond and when the clock goes back`()
        throws
    {
        let created = try [0, 0, 0, -3600, 0, -7200, 1].enumerated().map { number, seconds in
            try #require(try store.enqueue(.make(on: "c\(number)"), now: .at(Int64(seconds))).job?.id)
        }
        #expect(try store.jobs(JobQuery()).jobs.map(\.id) == created.reversed())
    }

    @Test func `is walked in pages to its end`() throws {
        let created = try (0..<7).map { number in
            try #require(try store.enqueue(.make(on: "c\(number)"), now: .at(0)).job?.id)
        }
        var walked: [JobID] = []
        var query = JobQuery(limit: 3)
        var sizes: [Int] = []
        repeat {
            let page = try store.jobs(query)
            walked += page.jobs.map(\.id)
            sizes.append(page.jobs.count)
            query.before = page.next
        } while query.before != nil && sizes.count < 10
        #expect(walked == created.reversed())
        #expect(sizes == [3, 3, 1])
        #expect(try store.jobs(JobQuery(limit: 7)).next == nil, "a full last page has no next one")
    }

    @Test func `is filtered by connection, kind and state`() throws {
        let done = try ended(.initial)
        let queued = try #require(try store.enqueue(.make(), now: .at(1)).job?.id)
        let other = try #require(try store.enqueue(.make(on: "other"), now: .at(1)).job?.id)
        #expect(try store.jobs(JobQuery(connection: "default")).jobs.map(\.id) == [queued, done])
        #expect(try store.jobs(JobQuery(kind: .incremental)).jobs.map(\.id) == [other, queued])
        #expect(try store.jobs(JobQuery(connection: "default", state: .queued)).jobs.map(\.id) == [queued])
        #expect(try store.jobs(JobQuery(connection: "' OR 1=1 --")).jobs.isEmpty)
    }

    @Test func `forgets the oldest ended jobs, but not the last initial import`() throws {
        try ended(.initial)
        let initial = try ended(.initial)
        let incremental = try (0..<10).map { _ in try ended(.incremental) }
        _ = try store.enqueue(.make(), now: .at(1))
        let kept = try store.jobs(JobQuery(state: .succeeded)).jobs.map(\.id)
        #expect(kept == incremental.suffix(5).reversed() + [initial])
        #expect(try store.connectionSummary("default").lastInitial?.id == initial)
    }

    @Test func `is summed up for a connection`() throws {
        let initial = try ended(.initial)
        _ = try store.enqueue(.make(), now: .at(1))
        let running = try store.claimNext(runningMax: 1, now: .at(2))
        _ = try store.enqueue(.make(), now: .at(3))
        let summary = try store.connectionSummary("default")
        #expect(summary.lastInitial?.id == initial && summary.lastIncremental == running)
        #expect(summary.running == running && summary.queued == 1)
        #expect(try store.connectionSummary("nobody") == ConnectionSummary())
    }

    @Test func `tells listeners of each committed change until they leave`() throws {
        let heard = Locked<[JobState]>([])
        let observation = store.onJobChange { [store] id in
            // Reading here proves that the change is committed and that no lock is held.
            let state = (try? store.job(id))?.state
            heard.withLock { if let state { $0.append(state) } }
        }
        let job = try #require(try store.enqueue(.make(), now: .at(0)).job)
        _ = try store.enqueue(.make(), now: .at(0))
        _ = try store.claimNext(runningMax: 1, now: .at(1))
        try store.record(JobUpdate(fallbackReason: "none"), of: job.id, attempt: 1)
        try store.record(JobUpdate(fallbackReason: "none"), of: job.id, attempt: 1)
        _ = try store.requestCancel(job.id, now: .at(2))
        try store.finish(job.id, attempt: 1, outcome: .cancelled, now: .at(3))
        observation.cancel()
        _ = try store.enqueue(.make(), now: .at(4))
        #expect(heard.withLock { $0 } == [.queued, .running, .running, .cancelling, .cancelled])
    }

    @Test func `can be written while the disk allows it`() throws {
        try store.checkWritable()
        try store.checkWritable()
        let probes = try store.read { try Int.fetchOne($0, sql: "SELECT count FROM writable_probe") }
        #expect(probes == 1, "two questions within a second cost one write")
    }

    @Test func `remembers schedule marks`() throws {
        #expect(try store.scheduleMark(of: "default", kind: .initial) == nil)
        for seconds in [1, 2] as [Int64] {
            let mark = ScheduleMark(expression: "@daily", consideredUntil: .at(seconds))
            try store.save(mark, of: "default", kind: .initial)
            #expect(try store.scheduleMark(of: "default", kind: .initial) == mark)
        }
        #expect(try store.scheduleMark(of: "default", kind: .incremental) == nil)
    }
}
