import ConnectorCore
import Dispatch
import Logging
import Threading

/// Runs stored jobs: one at a time per connection, several connections at once.
///
/// The store is the truth: the queue claims a job there, runs it in a task and writes its end there. It looks for work
/// when woken, when a job ends, at a scheduled tick, and now and then without a reason.
///
/// The actor lives on a private serial Dispatch queue, on which it makes the store's blocking calls.
public actor JobQueue: JobControlling {
    struct Run {
        let job: Job
        let task: Task<Void, Never>
        var isCancelRequested = false
    }

    let store: any JobStore
    let scheduleStore: (any ScheduleStore)?
    let schedule: [ScheduleEntry]
    let settings: JobQueueSettings
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// Up to when each entry's ticks have been dealt with, by its index.
    var marks: [Int: ScheduleMark] = [:]
    private let runner: any JobRunning
    private let executor = QueueExecutor(label: "job-queue")
    private let draining = Locked(false)
    private let wakePending = Locked(false)
    private var timer: (any DispatchSourceTimer)?
    private var runs: [JobID: Run] = [:]
    private var unsettled: [JobID: EndedRun] = [:]
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - scheduleStore: without one, ticks missed while the service was down are not made up for.
    ///   - schedule: at most one entry per connection and kind.
    ///   - now: the wall clock.
    public init(
        store: any JobStore, runner: any JobRunning, scheduleStore: (any ScheduleStore)? = nil,
        schedule: [ScheduleEntry] = [], settings: JobQueueSettings = JobQueueSettings(), logger: Logger,
        now: @escaping @Sendable () -> Timestamp = Timestamp.wallClock
    ) {
        self.store = store
        self.runner = runner
        self.scheduleStore = scheduleStore
        self.schedule = schedule
        self.settings = settings
        self.logger = logger
        self.now = now
    }

    /// Puts jobs that a killed process left running back to the queue, and begins to work. A second call changes nothing.
    ///
    /// - Throws: what the store throws.
    public func start() throws {
        guard timer == nil, !isDraining else { return }
        let rescued = try store.rescue(now: now())
        for id in rescued { logger.notice("job goes on after a restart", metadata: ["job": "\(id)"]) }
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.setEventHandler { [weak self] in self?.assumeIsolated { $0.lookForWork() } }
        timer.schedule(deadline: .now())
        timer.resume()
        self.timer = timer
    }

    /// Takes no new work from now on; what runs goes on until `drain`.
    public nonisolated func beginDraining() {
        draining.withLock { $0 = true }
    }

    /// Stops: claims nothing more, cancels the running tasks and puts their jobs back to the queue. Returns when all have
    /// ended, at the latest after `deadlineSeconds`; what still runs then is put back all the same, and can change
    /// nothing any more in the store's view of the job.
    public func drain(deadlineSeconds: Double) async {
        beginDraining()
        for run in runs.values { run.task.cancel() }
        let deadline = DispatchTime.now() + max(0, deadlineSeconds)
        executor.queue.asyncAfter(deadline: deadline) { [weak self] in
            self?.assumeIsolated { $0.resumeIdleWaiters() }
        }
        if !isIdle { await withCheckedContinuation { idleWaiters.append($0) } }
        for (id, run) in runs {
            logger.warning("job did not stop in time", metadata: ["job": "\(id)"])
            let verdict: EndedRun.Verdict = run.isCancelRequested ? .finished(.cancelled) : .interrupted
            unsettled[id] = EndedRun(run.job, verdict: verdict)
        }
        runs.removeAll()
        settleAll(isLastCall: true)
        timer?.cancel()
        timer = nil
    }

    // MARK: JobControlling

    public nonisolated func wake() {
        // Any number of calls while one is waiting are one.
        let isPending = wakePending.withLock { pending in
            defer { pending = true }
            return pending
        }
        guard !isPending else { return }
        executor.queue.async { [self] in
            wakePending.withLock { $0 = false }
            assumeIsolated { $0.lookForWork() }
        }
    }

    public nonisolated func cancelRunning(_ id: JobID) {
        // A claim and the start of its task are one step on this queue, so the task is there when this comes.
        executor.queue.async { [self] in assumeIsolated { $0.cancelRun(id) } }
    }

    public nonisolated func nextScheduled(for connection: String) -> [JobKind: Timestamp] {
        let now = now()
        var ticks: [JobKind: Timestamp] = [:]
        for entry in schedule where entry.connection == connection {
            ticks[entry.kind] = entry.expression.next(after: now)
        }
        return ticks
    }

    public nonisolated var isDraining: Bool { draining.withLock { $0 } }

    // MARK: Work

    private func lookForWork() {
        guard timer != nil else { return }
        settleAll(isLastCall: false)
        if !isDraining {
            attempt("look at the schedule") { try enqueueDueRuns() }
            attempt("look for cancelled jobs") { try cancelAsStored() }
            attempt("claim a job") { try claimAll() }
        }
        armTimer()
    }

    private func claimAll() throws {
        while let job = try store.claimNext(runningMax: settings.runningMax, now: now()) { begin(job) }
    }

    private func begin(_ job: Job) {
        logger.info(
            "job starts",
            metadata: [
                "job": "\(job.id)", "kind": "\(job.kind)", "connection": "\(job.connection)",
                "attempt": "\(job.attempt)",
            ])
        let task = Task { [runner] in
            do {
                try await runner.run(job)
                ended(job, .returned)
            } catch {
                ended(job, .threw(error))
            }
        }
        runs[job.id] = Run(job: job, task: task)
    }

    private func cancelRun(_ id: JobID) {
        guard runs[id] != nil else { return }
        runs[id]?.isCancelRequested = true
        runs[id]?.task.cancel()
    }

    /// Finds requests to cancel that nobody told the queue about.
    private func cancelAsStored() throws {
        for run in runs.values where !run.isCancelRequested {
            if try store.job(run.job.id)?.state == .cancelling { cancelRun(run.job.id) }
        }
    }

    private func ended(_ job: Job, _ result: EndedRun.Result) {
        // A run given up at the end of the drain is none of ours any more.
        guard let run = runs.removeValue(forKey: job.id) else { return }
        let verdict = EndedRun.verdict(
            on: result, isCancelRequested: run.isCancelRequested, isDraining: isDraining)
        log(result, verdict, of: job)
        unsettled[job.id] = EndedRun(job, verdict: verdict)
        lookForWork()
    }

    // MARK: Ends into the store

    /// Writes the ends that are due. What the store does not take stays for a later call, until the last one.
    private func settleAll(isLastCall: Bool) {
        for (id, var ended) in unsettled {
            if let retryAt = ended.retryAt, !isLastCall, retryAt > .now { continue }
            do {
                try settle(ended)
                unsettled[id] = nil
            } catch {
                ended.tries += 1
                ended.retryAt = .now + settings.retryDelay(after: ended.tries)
                unsettled[id] = isLastCall ? nil : ended
                logger.log(
                    level: isLastCall ? .critical : .warning,
                    "\(isLastCall ? "the end of a job is lost until a restart" : "the end of a job is not stored yet")",
                    metadata: ["job": "\(id)", "tries": "\(ended.tries)", "error": "\(Self.brief(error))"])
            }
        }
        if isIdle { resumeIdleWaiters() }
    }

    private func settle(_ ended: EndedRun) throws {
        let (id, attempt) = (ended.job.id, ended.job.attempt)
        switch ended.verdict {
        case .interrupted:
            try store.requeue(id, attempt: attempt)
            // A request to cancel that came first is not undone by a restart.
            if try store.job(id)?.state == .cancelling {
                try store.finish(id, attempt: attempt, outcome: .cancelled, now: now())
            }
        case .finished(.failed(let failure)):
            let isCancelled = try store.job(id)?.state == .cancelling
            try store.finish(id, attempt: attempt, outcome: isCancelled ? .cancelled : .failed(failure), now: now())
        case .finished(let outcome):
            try store.finish(id, attempt: attempt, outcome: outcome, now: now())
        }
    }

    // MARK: Waiting

    private var isIdle: Bool { runs.isEmpty && unsettled.isEmpty }

    private func resumeIdleWaiters() {
        let waiters = idleWaiters
        idleWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    /// Sets the timer to whatever comes first: a retry, a tick, or the safety interval, which also bounds how late a tick
    /// is noticed after the wall clock was set.
    private func armTimer() {
        var delay = settings.safetyInterval
        for ended in unsettled.values {
            if let retryAt = ended.retryAt { delay = min(delay, retryAt - .now) }
        }
        let moment = now()
        for tick in schedule.compactMap({ $0.expression.next(after: moment) }) where !isDraining {
            delay = min(delay, .milliseconds(tick.milliseconds - moment.milliseconds))
        }
        let nanoseconds = max(delay, .milliseconds(1)) / .nanoseconds(1)
        timer?.schedule(deadline: .now() + .nanoseconds(Int(nanoseconds)), leeway: .milliseconds(1))
    }

    /// Runs one part of the round; the others go on if it fails, and the next round tries again.
    private func attempt(_ operation: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            logger.error("could not \(operation)", metadata: ["error": "\(Self.brief(error))"])
        }
    }
}
