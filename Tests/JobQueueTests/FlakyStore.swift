import ConnectorCore
import Store
import Threading

/// A real store that refuses to write the first ends of jobs.
final class FlakyStore: JobStore {
    struct Refusal: Error {}

    let store: SQLiteStore
    private let refusalsLeft: Locked<Int>
    private let finishCalls = Locked(0)
    private let onFinishCall: @Sendable (Int) -> Void

    init(_ store: SQLiteStore, refusals: Int, onFinishCall: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.store = store
        refusalsLeft = Locked(refusals)
        self.onFinishCall = onFinishCall
    }

    func finish(_ id: JobID, attempt: Int, outcome: JobOutcome, now: Timestamp) throws {
        let call = finishCalls.withLock { calls in
            calls += 1
            return calls
        }
        defer { onFinishCall(call) }
        let isRefused = refusalsLeft.withLock { left in
            left -= 1
            return left >= 0
        }
        if isRefused { throw Refusal() }
        try store.finish(id, attempt: attempt, outcome: outcome, now: now)
    }

    func enqueue(_ request: JobRequest, now: Timestamp) throws -> EnqueueOutcome {
        try store.enqueue(request, now: now)
    }
    var revision: UInt64 { store.revision }
    func job(_ id: JobID) throws -> Job? { try store.job(id) }
    func jobs(_ query: JobQuery) throws -> JobPage { try store.jobs(query) }
    func claimNext(runningMax: Int, now: Timestamp) throws -> Job? {
        try store.claimNext(runningMax: runningMax, now: now)
    }
    func record(_ update: JobUpdate, of id: JobID, attempt: Int) throws {
        try store.record(update, of: id, attempt: attempt)
    }
    func requestCancel(_ id: JobID, now: Timestamp) throws -> CancelOutcome { try store.requestCancel(id, now: now) }
    func requeue(_ id: JobID, attempt: Int) throws { try store.requeue(id, attempt: attempt) }
    func rescue(now: Timestamp) throws -> [JobID] { try store.rescue(now: now) }
    func report(of id: JobID) throws -> ImportReport? { try store.report(of: id) }
    func connectionSummary(_ connection: String) throws -> ConnectionSummary { try store.connectionSummary(connection) }
    func checkWritable() throws { try store.checkWritable() }
}
