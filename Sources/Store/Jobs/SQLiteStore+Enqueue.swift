import ConnectorCore
import GRDB

extension SQLiteStore {
    public func enqueue(_ request: JobRequest, now: Timestamp) throws -> EnqueueOutcome {
        let (outcome, isChanged) = try write { db in try enqueue(request, now: now, db) }
        switch outcome {
        case .created(let job): changes.tell([job.id])
        case .existing(let job) where isChanged: changes.tell([job.id])
        case .existing, .idempotencyConflict: break
        }
        return outcome
    }

    private func enqueue(
        _ request: JobRequest, now: Timestamp, _ db: Database
    ) throws -> (outcome: EnqueueOutcome, isChanged: Bool) {
        try IdempotencyKeys.forgetOld(now: now, db)
        if let key = request.idempotencyKey {
            switch try IdempotencyKeys.use(of: key, for: request, db) {
            case .conflict: return (.idempotencyConflict, false)
            case .same(let id):
                if let job = try JobRow.fetch(id, db) { return (.existing(job), false) }
            case .new: break
            }
        }
        let result: (outcome: EnqueueOutcome, isChanged: Bool)
        let job: Job
        if let queued = try Self.queuedJob(request, db) {
            let options = queued.options.covering(request.options)
            var wider = queued
            wider.options = options
            job = options == queued.options ? queued : try JobRow.update(wider, db)
            result = (.existing(job), job != queued)
        } else {
            job = Job(
                id: try JobIDs.next(at: now, db), kind: request.kind, connection: request.connection,
                trigger: request.trigger, options: request.options, createdAt: now)
            try JobRow.insert(job, db)
            try deleteOldJobs(db)
            result = (.created(job), true)
        }
        if let key = request.idempotencyKey {
            try IdempotencyKeys.remember(key, of: request, job: job.id, now: now, db)
        }
        return result
    }

    /// The job that has not started yet: an interrupted one goes on with a run that started before this request.
    private static func queuedJob(_ request: JobRequest, _ db: Database) throws -> Job? {
        try JobRow.first(
            db, "WHERE connection = ? AND kind = ? AND state = 'queued' AND attempt = 1",
            [request.connection, request.kind.rawValue])
    }

    /// Deletes the oldest ended jobs beyond the number to keep, but never the newest that started of a connection and
    /// kind: it tells when the last initial import was.
    private func deleteOldJobs(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM jobs WHERE id IN (
                    SELECT id FROM jobs WHERE state IN ('succeeded', 'failed', 'cancelled')
                    ORDER BY id DESC LIMIT -1 OFFSET ?
                ) AND id NOT IN (
                    SELECT max(id) FROM jobs WHERE started_at IS NOT NULL GROUP BY connection, kind
                )
                """,
            arguments: [endedJobsKept])
    }
}

extension JobOptions {
    /// The options of a run that does what either asks for. Left to the connection's setting counts as more than
    /// `false` and less than `true`.
    func covering(_ other: JobOptions) -> JobOptions {
        JobOptions(
            alerts: Self.wider(alerts, other.alerts),
            vulnerabilities: Self.wider(vulnerabilities, other.vulnerabilities))
    }

    private static func wider(_ a: Bool?, _ b: Bool?) -> Bool? {
        if a == true || b == true { return true }
        return a == nil || b == nil ? nil : false
    }
}
