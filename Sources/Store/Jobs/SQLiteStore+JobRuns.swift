import ConnectorCore
import GRDB

/// A job on its way from claim to end.
extension SQLiteStore {
    /// A job that was left running this often by a process that died is given up.
    static let attemptsMax = 100

    public func claimNext(runningMax: Int, now: Timestamp) throws -> Job? {
        let claimed = try write { db in
            try Row.fetchOne(
                db,
                sql: """
                    UPDATE jobs SET state = 'running', started_at = coalesce(started_at, ?), version = version + 1
                    WHERE id = (
                        SELECT id FROM jobs AS waiting
                        WHERE state = 'queued' AND NOT EXISTS (
                            SELECT 1 FROM jobs AS busy
                            WHERE busy.connection = waiting.connection AND busy.state IN ('running', 'cancelling'))
                        ORDER BY id LIMIT 1
                    ) AND (SELECT count(*) FROM jobs WHERE state IN ('running', 'cancelling')) < ?
                    RETURNING \(JobRow.columns)
                    """,
                arguments: [now.milliseconds, runningMax]
            ).map(JobRow.job)
        }
        changes.tell(claimed.map { [$0.id] } ?? [])
        return claimed
    }

    public func record(_ update: JobUpdate, of id: JobID, attempt: Int) throws {
        try change(id, isDurable: false) { job in
            guard job.isActive, job.attempt == attempt else { return false }
            let before = job
            job.progress = update.progress ?? job.progress
            job.effectiveKind = update.effectiveKind ?? job.effectiveKind
            job.fallbackReason = update.fallbackReason ?? job.fallbackReason
            job.savePoint = update.savePoint ?? job.savePoint
            return job != before
        }
    }

    public func requestCancel(_ id: JobID, now: Timestamp) throws -> CancelOutcome {
        let found = try change(id) { job in
            switch job.state {
            case .queued: job.end(as: .cancelled, now: now)
            case .running: job.state = .cancelling
            case .cancelling, .succeeded, .failed, .cancelled: return false
            }
            return true
        }
        guard let job = found?.job else { return .unknown }
        // Only a request to cancel makes a job cancelled, so whoever repeats it gets the same answer and no conflict.
        let isAccepted = job.state == .cancelling || job.state == .cancelled
        return isAccepted ? .accepted(job) : .alreadyEnded(job)
    }

    public func finish(_ id: JobID, attempt: Int, outcome: JobOutcome, now: Timestamp) throws {
        try change(id) { job in
            guard job.isActive, job.attempt == attempt else { return false }
            switch outcome {
            case .succeeded: job.end(as: .succeeded, now: now)
            case .cancelled: job.end(as: .cancelled, now: now)
            case .failed(let failure):
                job.end(as: .failed, now: now)
                job.failure = failure
            }
            return true
        }
    }

    public func requeue(_ id: JobID, attempt: Int) throws {
        try change(id) { job in
            guard job.state == .running, job.attempt == attempt else { return false }
            job.state = .queued
            job.attempt += 1
            return true
        }
    }

    public func rescue(now: Timestamp) throws -> [JobID] {
        let (requeued, changed) = try write { db in
            var requeued: [JobID] = []
            let left = try JobRow.all(db, "WHERE state IN ('running', 'cancelling') ORDER BY id")
            for var job in left {
                if job.state == .cancelling {
                    job.end(as: .cancelled, now: now)
                } else if job.attempt >= Self.attemptsMax {
                    job.end(as: .failed, now: now)
                    job.failure = .internal("given up: the process ended \(job.attempt) times during this job")
                } else {
                    job.state = .queued
                    job.attempt += 1
                    requeued.append(job.id)
                }
                _ = try JobRow.update(job, db)
            }
            return (requeued, left.map(\.id))
        }
        changes.tell(changed)
        return requeued
    }

    /// Reads a job, lets `body` change it, and stores and tells it if `body` returns `true`.
    ///
    /// - Parameter isDurable: not for what a run records again.
    /// - Returns: the job as it is now and whether it was changed; `nil` where there is none.
    @discardableResult
    private func change(
        _ id: JobID, isDurable: Bool = true, _ body: (inout Job) -> Bool
    ) throws -> (job: Job, isChanged: Bool)? {
        func change(_ db: Database) throws -> (job: Job, isChanged: Bool)? {
            guard var job = try JobRow.fetch(id, db) else { return nil }
            guard body(&job) else { return (job, false) }
            return (try JobRow.update(job, db), true)
        }
        let result = try isDurable ? write(change) : writeUnsynced(change)
        if result?.isChanged == true { changes.tell([id]) }
        return result
    }
}

extension Job {
    fileprivate var isActive: Bool { state == .running || state == .cancelling }

    fileprivate mutating func end(as final: JobState, now: Timestamp) {
        state = final
        endedAt = now
    }
}
