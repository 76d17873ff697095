/// Where jobs live. Calls are short transactions on the calling thread: made on a server thread or a worker queue, never
/// on the cooperative pool.
public protocol JobStore: Sendable {
    /// Stores a request, or finds the job that satisfies it: a run of that kind which is still queued for the
    /// connection.
    func enqueue(_ request: JobRequest, now: Timestamp) throws -> EnqueueOutcome
    func job(_ id: JobID) throws -> Job?
    /// Grows with every change, once the change can be read: what `job` and `jobs` have told since a revision was asked
    /// for holds as long as it stays.
    var revision: UInt64 { get }
    /// Newest first.
    func jobs(_ query: JobQuery) throws -> JobPage
    /// Takes the oldest queued job whose connection has none running, if fewer than `runningMax` run, and marks it
    /// running.
    func claimNext(runningMax: Int, now: Timestamp) throws -> Job?
    /// Records what a run has decided and how far it is; changes nothing unless the job is running or cancelling in
    /// that attempt.
    func record(_ update: JobUpdate, of id: JobID, attempt: Int) throws
    /// A queued job ends as cancelled at once; a running one turns to `cancelling`. Repeated: the same answer.
    func requestCancel(_ id: JobID, now: Timestamp) throws -> CancelOutcome
    /// Ends a running or cancelling job of that attempt; a late worker changes nothing.
    func finish(_ id: JobID, attempt: Int, outcome: JobOutcome, now: Timestamp) throws
    /// Puts a running job of that attempt back to the queue, with the next attempt number.
    func requeue(_ id: JobID, attempt: Int) throws
    /// On start: every job that a process left running goes back to the queue; one left cancelling is cancelled.
    func rescue(now: Timestamp) throws -> [JobID]
    func report(of id: JobID) throws -> ImportReport?
    func connectionSummary(_ connection: String) throws -> ConnectionSummary
    /// Whether a write succeeds now.
    func checkWritable() throws
}

/// What a run is asked for; the store makes a job of it, or finds the one that there is.
public struct JobRequest: Sendable, Equatable {
    public var kind: JobKind
    public var connection: String
    public var trigger: JobTrigger
    public var options: JobOptions
    /// The client's `Idempotency-Key`: the same key within 24 hours gives the same job.
    public var idempotencyKey: String?

    public init(
        kind: JobKind, connection: String, trigger: JobTrigger, options: JobOptions = JobOptions(),
        idempotencyKey: String? = nil
    ) {
        self.kind = kind
        self.connection = connection
        self.trigger = trigger
        self.options = options
        self.idempotencyKey = idempotencyKey
    }
}

public enum EnqueueOutcome: Sendable, Equatable {
    case created(Job)
    /// A queued run of that kind, or the job of the same idempotency key.
    case existing(Job)
    /// The key was used for another request within 24 hours.
    case idempotencyConflict
}

/// What became of the wish to end a job. One that was cancelled before is accepted again; `alreadyEnded` has succeeded or
/// failed, which no wish changes.
public enum CancelOutcome: Sendable, Equatable {
    case accepted(Job)
    case alreadyEnded(Job)
    case unknown
}

public enum JobOutcome: Sendable, Equatable {
    case succeeded, failed(JobFailure), cancelled
}

/// What changes while a job runs; `nil` leaves a field as it is.
public struct JobUpdate: Sendable, Equatable {
    public var progress: JobProgress?
    public var effectiveKind: JobKind?
    public var fallbackReason: String?
    public var savePoint: SavePointRange?

    public init(
        progress: JobProgress? = nil, effectiveKind: JobKind? = nil, fallbackReason: String? = nil,
        savePoint: SavePointRange? = nil
    ) {
        self.progress = progress
        self.effectiveKind = effectiveKind
        self.fallbackReason = fallbackReason
        self.savePoint = savePoint
    }
}

/// Which jobs are listed; `nil` leaves a criterion out.
public struct JobQuery: Sendable, Equatable {
    public var connection: String?
    public var kind: JobKind?
    public var state: JobState?
    /// 1 to 200.
    public var limit: Int
    /// Only jobs older than this one.
    public var before: JobID?

    public init(
        connection: String? = nil, kind: JobKind? = nil, state: JobState? = nil, limit: Int = 50, before: JobID? = nil
    ) {
        self.connection = connection
        self.kind = kind
        self.state = state
        self.limit = limit
        self.before = before
    }
}

/// A part of a list of jobs, the newest first.
public struct JobPage: Sendable, Equatable {
    public var jobs: [Job]
    /// The last job of the page where more follow.
    public var next: JobID?

    public init(jobs: [Job], next: JobID?) {
        self.jobs = jobs
        self.next = next
    }
}

/// What the store knows of a connection.
public struct ConnectionSummary: Sendable, Equatable {
    /// The save point that the ledger belongs to.
    public var savePoint: String?
    public var machinesKnown: Int
    /// The newest job of each kind that has started.
    public var lastInitial: Job?
    public var lastIncremental: Job?
    public var queued: Int
    public var running: Job?

    public init(
        savePoint: String? = nil, machinesKnown: Int = 0, lastInitial: Job? = nil, lastIncremental: Job? = nil,
        queued: Int = 0, running: Job? = nil
    ) {
        self.savePoint = savePoint
        self.machinesKnown = machinesKnown
        self.lastInitial = lastInitial
        self.lastIncremental = lastIncremental
        self.queued = queued
        self.running = running
    }
}
