import ConnectorCore
import Dispatch
import GRDB
import Testing
import Threading

@testable import Store

@Suite struct `Requests for jobs` {
    let store: SQLiteStore

    init() throws { store = try SQLiteStore.temporary() }

    @Test func `survive the end of the process`() throws {
        let directory = TemporaryDirectory()
        let options = JobOptions(alerts: false, vulnerabilities: true)
        let job = try #require(
            try SQLiteStore(path: directory.database).enqueue(.make(.initial, options: options), now: .at(0)).job)
        let reopened = try SQLiteStore(path: directory.database)
        #expect(try reopened.job(job.id) == job)
        #expect(job.options == options && job.state == .queued && job.version == 1 && job.createdAt == .at(0))
    }

    @Test func `are satisfied by a queued run of that kind, whatever triggered it`() throws {
        let first = try store.enqueue(.make(trigger: .api), now: .at(0))
        let second = try store.enqueue(.make(trigger: .schedule), now: .at(1))
        #expect(first.isCreated && !second.isCreated)
        #expect(first.job == second.job)
        #expect(try store.enqueue(.make(.initial), now: .at(2)).isCreated)
        #expect(try store.enqueue(.make(on: "other"), now: .at(2)).isCreated)
    }

    @Test func `are not satisfied by a running or an interrupted run`() throws {
        let running = try #require(try store.enqueue(.make(), now: .at(0)).job)
        _ = try store.claimNext(runningMax: 4, now: .at(1))
        let next = try store.enqueue(.make(), now: .at(2))
        #expect(next.isCreated)
        try store.requeue(running.id, attempt: 1)
        let third = try store.enqueue(.make(), now: .at(3))
        #expect(third.job?.id == next.job?.id)
        #expect(try store.claimNext(runningMax: 4, now: .at(4))?.id == running.id, "the interrupted run goes first")
    }

    @Test(
        arguments: [
            (nil, nil, nil), (nil, false, nil), (false, nil, nil), (true, nil, true), (nil, true, true),
            (false, true, true), (true, false, true), (false, false, false), (true, true, true),
        ] as [(Bool?, Bool?, Bool?)])
    func `widen the queued run to what both ask for`(first: Bool?, second: Bool?, both: Bool?) throws {
        let queued = try #require(
            try store.enqueue(.make(options: JobOptions(alerts: first, vulnerabilities: second)), now: .at(0)).job)
        let merged = try #require(
            try store.enqueue(.make(options: JobOptions(alerts: second, vulnerabilities: first)), now: .at(1)).job)
        #expect(merged.id == queued.id)
        #expect(merged.options == JobOptions(alerts: both, vulnerabilities: both))
        #expect(merged.version == (merged.options == queued.options ? 1 : 2))
        #expect(try store.job(queued.id) == merged)
    }

    @Test func `from many threads at once give one queued job`() throws {
        let ids = Locked<Set<String>>([])
        let created = Locked(0)
        DispatchQueue.concurrentPerform(iterations: 64) { number in
            do {
                let trigger = JobTrigger.allCases[number % JobTrigger.allCases.count]
                let outcome = try store.enqueue(.make(trigger: trigger), now: .at(Int64(number)))
                ids.withLock { _ = $0.insert(outcome.job?.id.text ?? "none") }
                if outcome.isCreated { created.withLock { $0 += 1 } }
            } catch {
                Issue.record(error)
            }
        }
        #expect(ids.withLock { $0.count } == 1)
        #expect(created.withLock { $0 } == 1)
        #expect(try store.jobs(JobQuery()).jobs.count == 1)
    }

    @Test func `the database itself refuses a second queued or running job`() throws {
        func insert(_ state: String, attempt: Int = 1, kind: String = "initial", connection: String = "c") throws {
            try store.pool.write { db in
                let id = try JobIDs.next(at: .at(0), db)
                try db.execute(
                    sql: """
                        INSERT INTO jobs (id, kind, connection, state, trigger_kind, options, created_at, started_at,
                            attempt, save_point, progress) VALUES (?, ?, ?, ?, 'api', '{}', 0, 1, ?, '{}', '{}')
                        """, arguments: [id.text, kind, connection, state, attempt])
            }
        }
        try insert("queued")
        try insert("running")
        try insert("queued", attempt: 2)
        try insert("queued", kind: "incremental")
        try insert("cancelling", connection: "d")
        #expect(throws: DatabaseError.self) { try insert("queued") }
        #expect(throws: DatabaseError.self) { try insert("running", kind: "incremental") }
        #expect(throws: DatabaseError.self) { try insert("cancelling") }
        #expect(throws: DatabaseError.self) { try insert("queued", attempt: 3, kind: "incremental") }
        #expect(throws: DatabaseError.self, "an ended job has an end") { try insert("succeeded", connection: "e") }
        #expect(throws: DatabaseError.self) { try insert("lost", connection: "e") }
    }

    @Test func `with the same key give the same job for a day`() throws {
        let job = try #require(try store.enqueue(.make(key: "k"), now: .at(0)).job)
        _ = try store.claimNext(runningMax: 1, now: .at(1))
        try store.finish(job.id, attempt: 1, outcome: .succeeded, now: .at(2))
        let repeated = try store.enqueue(.make(key: "k"), now: .at(86_399))
        #expect(!repeated.isCreated && repeated.job?.id == job.id && repeated.job?.state == .succeeded)
        let later = try store.enqueue(.make(key: "k"), now: .at(86_400))
        #expect(later.isCreated)
    }

    @Test(arguments: [
        JobRequest.make(.initial, key: "k"), .make(on: "other", key: "k"),
        .make(options: JobOptions(alerts: false), key: "k"),
    ])
    func `with a key that was used for something else conflict`(request: JobRequest) throws {
        _ = try store.enqueue(.make(key: "k"), now: .at(0))
        #expect(try store.enqueue(request, now: .at(1)) == .idempotencyConflict)
        #expect(try store.jobs(JobQuery()).jobs.count == 1)
    }

    @Test func `with a key keep to the queued job that satisfied them`() throws {
        let queued = try store.enqueue(.make(), now: .at(0)).job
        #expect(try store.enqueue(.make(key: "k"), now: .at(1)).job == queued)
        _ = try store.claimNext(runningMax: 1, now: .at(2))
        #expect(try store.enqueue(.make(key: "k"), now: .at(3)).job?.id == queued?.id)
    }
}
