import ConnectorCore
import Threading

/// A job store in memory with the rules of the port, and the two ways a test moves a job on.
final class InMemoryJobStore: JobStore {
    private struct State: Sendable {
        var jobs: [Job] = []
        var keys: [String: (request: JobRequest, job: JobID)] = [:]
        var reports: [JobID: ImportReport] = [:]
        var summaries: [String: ConnectionSummary] = [:]
        var isWritable = true
        var revision: UInt64 = 0
        var listeners: [@Sendable (JobID) -> Void] = []
    }

    struct NotWritable: ClassifiedFailure {
        var jobFailure: JobFailure { .internal("not writable") }
    }

    private let state = Locked(State())

    // MARK: What tests do

    func onChange(_ listener: @escaping @Sendable (JobID) -> Void) {
        state.withLock { $0.listeners.append(listener) }
    }

    func add(_ job: Job) { state.withLock { $0.jobs.append(job) } }

    /// Changes a job as the queue would: its version grows and listeners hear of it.
    func change(_ id: JobID, tell: Bool = true, _ body: (inout Job) -> Void) {
        let listeners = state.withLock { state -> [@Sendable (JobID) -> Void] in
            guard let position = state.jobs.firstIndex(where: { $0.id == id }) else { return [] }
            body(&state.jobs[position])
            state.jobs[position].version += 1
            return state.listeners
        }
        if tell { for listener in listeners { listener(id) } }
    }

    func setReport(_ report: ImportReport, of id: JobID) { state.withLock { $0.reports[id] = report } }
    func setSummary(_ summary: ConnectionSummary, of name: String) { state.withLock { $0.summaries[name] = summary } }
    func setWritable(_ isWritable: Bool) { state.withLock { $0.isWritable = isWritable } }
    var count: Int { state.withLock { $0.jobs.count } }

    // MARK: The port

    func enqueue(_ request: JobRequest, now: Timestamp) throws -> EnqueueOutcome {
        try checkWritable()
        return state.withLock { state in
            if let key = request.idempotencyKey, let known = state.keys[key] {
                guard known.request == request, let job = state.jobs.first(where: { $0.id == known.job }) else {
                    return .idempotencyConflict
                }
                return .existing(job)
            }
            let queued = state.jobs.first {
                $0.state == .queued && $0.kind == request.kind && $0.connection == request.connection
            }
            var generator = SystemRandomNumberGenerator()
            let job =
                queued
                ?? Job(
                    id: JobID(at: now, using: &generator), kind: request.kind, connection: request.connection,
                    trigger: request.trigger, options: request.options, createdAt: now)
            if let key = request.idempotencyKey { state.keys[key] = (request, job.id) }
            if queued != nil { return .existing(job) }
            state.jobs.append(job)
            return .created(job)
        }
    }

    /// Never the same: tests change jobs in ways of their own.
    var revision: UInt64 {
        state.withLock { state in
            state.revision += 1
            return state.revision
        }
    }

    func job(_ id: JobID) throws -> Job? {
        state.withLock { $0.jobs.first { $0.id == id } }
    }

    func jobs(_ query: JobQuery) throws -> JobPage {
        let found = state.withLock { state in
            state.jobs.sorted { $0.id.text > $1.id.text }.filter { job in
                (query.connection.map { $0 == job.connection } ?? true) && (query.kind.map { $0 == job.kind } ?? true)
                    && (query.state.map { $0 == job.state } ?? true)
                    && (query.before.map { job.id.text < $0.text } ?? true)
            }
        }
        let page = Array(found.prefix(query.limit))
        return JobPage(jobs: page, next: found.count > page.count ? page.last?.id : nil)
    }

    func requestCancel(_ id: JobID, now: Timestamp) throws -> CancelOutcome {
        guard let job = try job(id) else { return .unknown }
        switch job.state {
        case .queued: change(id) { $0.state = .cancelled }
        case .running: change(id) { $0.state = .cancelling }
        case .cancelling, .cancelled: break
        case .succeeded, .failed: return .alreadyEnded(job)
        }
        return .accepted(try self.job(id) ?? job)
    }

    func report(of id: JobID) throws -> ImportReport? { state.withLock { $0.reports[id] } }

    func connectionSummary(_ connection: String) throws -> ConnectionSummary {
        state.withLock { $0.summaries[connection] ?? ConnectionSummary() }
    }

    func checkWritable() throws {
        if !state.withLock({ $0.isWritable }) { throw NotWritable() }
    }

    // MARK: What the control API never calls

    func claimNext(runningMax: Int, now: Timestamp) throws -> Job? { nil }
    func record(_ update: JobUpdate, of id: JobID, attempt: Int) throws {}
    func finish(_ id: JobID, attempt: Int, outcome: JobOutcome, now: Timestamp) throws {}
    func requeue(_ id: JobID, attempt: Int) throws {}
    func rescue(now: Timestamp) throws -> [JobID] { [] }
}
