/// One run of a job, from wherever its checkpoint stands to its end: the ordered steps, nothing else.
///
/// Initial: list the machines, enter the full import session, send every batch, the alerts; leave the session, save the
/// save point. Incremental: list what was seen in the window, send what changed, the alerts; delete, disable, save the
/// save point. Each step ends with a checkpoint, so a run that was killed goes on with the step it was in.
public struct ImportRun: Sendable {
    let job: Job
    let ports: RunPorts
    let options: RunOptions
    let progress: RunProgress

    /// - Parameter options: the connection's; what the request chose is applied to them.
    public init(job: Job, ports: RunPorts, options: RunOptions) {
        self.init(job, ports, options.applying(job.options))
    }

    private init(_ job: Job, _ ports: RunPorts, _ options: RunOptions) {
        self.job = job
        self.ports = ports
        self.options = options
        progress = RunProgress(ports: ports, options: options, earlier: job.progress)
    }

    /// Returns when CAR shows what Defender knew at the start of the run.
    ///
    /// - Throws: `CancellationError` when cancelled; otherwise an error that `JobFailure(describing:)` explains.
    public func run() async throws {
        do {
            guard try await !goOn() else { return }
            // What was read and planned belongs to another state of CAR: from the beginning, which finds CAR as it is.
            try await ports.store.cleanUp(job.id, connection: job.connection)
            _ = try await goOn()
        } catch {
            try Task.checkCancellation()
            await resetIfUnrecoverable(error)
            throw error
        }
    }

    /// - Returns: whether the run has come to its end; not where CAR is another than an interrupted run left behind.
    private func goOn() async throws -> Bool {
        let checkpoint = try await ports.store.openRun(job.id, connection: job.connection, now: ports.now())
        let run = checkpoint.choices.map { ImportRun(job, ports, options.keeping($0)) } ?? self
        let patience = RunPatience(startedAt: checkpoint.identity.startedAt, now: ports.now)
        return try await RunPatience.$current.withValue(patience) { try await run.perform(from: checkpoint) }
    }

    private func perform(from checkpoint: RunCheckpoint) async throws -> Bool {
        // Cancelled and awaited when the run ends.
        async let _ = progress.watchWaits()
        var checkpoint = checkpoint
        var isInterrupted = ![.prepare, .done].contains(checkpoint.step)
        while checkpoint.step != .done {
            try Task.checkCancellation()
            // CAR is not needed while machines are listed, and may come back later than this process.
            if isInterrupted, checkpoint.step != .machines {
                guard try await carIsAsItWas(checkpoint) else { return false }
                isInterrupted = false
            }
            try await perform(&checkpoint)
        }
        return true
    }

    private func perform(_ checkpoint: inout RunCheckpoint) async throws {
        switch checkpoint.step {
        case .prepare:
            try await prepare(&checkpoint)
            checkpoint.step = .machines
        case .machines:
            try await announce(checkpoint, phase: .machines)
            try await forecastFromLedger(checkpoint)
            try await listMachines(&checkpoint)
            try await guardDeletions(checkpoint)
            try await forecast(checkpoint, machines: ports.store.workCount(of: job.id).total)
            checkpoint.step = .details
        case .details:
            try await announce(checkpoint, phase: .details)
            try await readVulnerabilities(&checkpoint)
            try await enterSession(&checkpoint)
            try await sendChangedCVEs(checkpoint)
            try await sendBatches(checkpoint)
            checkpoint.step = .alerts
        case .alerts:
            if options.alerts {
                try await announce(checkpoint, phase: .alerts)
                try await importAlerts(&checkpoint)
            } else if checkpoint.effectiveKind == .initial {
                try await announce(checkpoint, phase: .alerts)
                try await keepAlerts(&checkpoint)
            }
            checkpoint.step = .deletions
        case .deletions:
            try await announce(checkpoint, phase: .deletions)
            try await removeWhatIsGone()
            checkpoint.step = .finishing
        case .finishing:
            try await announce(checkpoint, phase: .finishing)
            try await finish(&checkpoint)
            checkpoint.step = .done
        case .done:
            return
        }
        try await ports.store.save(checkpoint, of: job.id)
    }

    private func announce(_ checkpoint: RunCheckpoint, phase: JobProgress.Phase) async throws {
        try await progress.enter(phase, machines: ports.store.workCount(of: job.id))
    }

    // MARK: Forecast

    /// Before the first call an initial import can tell by the machines known from earlier ones.
    private func forecastFromLedger(_ checkpoint: RunCheckpoint) async throws {
        guard checkpoint.effectiveKind == .initial else { return }
        let known = try await ports.store.ledger(of: job.connection).machinesKnown
        if known > 0 { try await forecast(checkpoint, machines: known) }
    }

    private func forecast(_ checkpoint: RunCheckpoint, machines: Int) async throws {
        try await progress.announce(
            options.calls(machines: machines, isIncremental: checkpoint.effectiveKind == .incremental))
    }

    // MARK: Prepare

    private func prepare(_ checkpoint: inout RunCheckpoint) async throws {
        let databaseIsNew = try await prepareDatabase()
        let savePoint = try await ports.car.modelStateID()
        let decision = RunDecision(
            requested: job.kind, savePoint: savePoint, databaseIsNew: databaseIsNew,
            ledger: try await ports.store.ledger(of: job.connection), options: options,
            startedAt: checkpoint.identity.startedAt,
            vulnerabilityObstacle: try await vulnerabilityObstacle(checkpoint))
        checkpoint.effectiveKind = decision.kind
        checkpoint.fallbackReason = decision.fallbackReason
        checkpoint.savePointFrom = savePoint
        checkpoint.choices = options.choices
        checkpoint.machinesSince = decision.machinesSince
        checkpoint.alertsSince = decision.alertsSince
        try await ports.record(
            JobUpdate(
                effectiveKind: decision.kind, fallbackReason: decision.fallbackReason,
                savePoint: SavePointRange(from: savePoint, to: checkpoint.identity.key)))
    }

    /// Whether an interrupted run finds CAR as it left it: the same database, with the save point that the run began
    /// from. Not where somebody has set CAR up anew meanwhile, or has brought back an older state of our store.
    private func carIsAsItWas(_ checkpoint: RunCheckpoint) async throws -> Bool {
        if try await prepareDatabase() { return false }
        // Said by an attempt that was cut off while CAR changed; what was sent before is not in CAR.
        if checkpoint.effectiveKind == .incremental || checkpoint.generation != nil,
            try await ports.store.ledger(of: job.connection).invalidReason == LedgerState.databaseIsNewReason
        {
            return false
        }
        let savePoint = try await ports.car.modelStateID()
        // The run may have died between saving its own and noting that.
        return savePoint == checkpoint.savePointFrom
            || checkpoint.step == .finishing && savePoint == checkpoint.identity.key
    }

    /// - Returns: whether CAR's database was created or changed just now.
    private func prepareDatabase() async throws -> Bool {
        try await ports.car.prepareDatabase {
            // CAR says so once. Should this run fail or its process die, what comes next has to know it too.
            try await ports.store.invalidateLedger(of: job.connection, reason: LedgerState.databaseIsNewReason)
        }
    }

    // MARK: The full import session

    private func enterSession(_ checkpoint: inout RunCheckpoint) async throws {
        guard checkpoint.effectiveKind == .initial else { return }
        if checkpoint.generation == nil {
            // Before CAR is asked: from here on the old ledger no longer tells what CAR holds.
            checkpoint = try await ports.store.beginGeneration(checkpoint, of: job.id, connection: job.connection)
        }
        if checkpoint.session == .none {
            checkpoint.session = .starting(carJob: try await ports.car.requestFullImportStart())
            try await ports.store.saveDurably(checkpoint, of: job.id)
        }
        if case .starting(let carJob) = checkpoint.session {
            try await ports.car.waitForJob(carJob)
            try await ports.car.importObjects(GraphObjects(), report: checkpoint.identity)
            checkpoint.session = .entered
            try await ports.store.saveDurably(checkpoint, of: job.id)
        }
    }

    private func leaveSession(_ checkpoint: inout RunCheckpoint) async throws {
        if checkpoint.session == .entered {
            checkpoint.session = .ending(carJob: try await ports.car.requestFullImportEnd())
            try await ports.store.saveDurably(checkpoint, of: job.id)
        }
        if case .ending(let carJob) = checkpoint.session {
            try await ports.car.waitForJob(carJob)
            checkpoint.session = .left
            try await ports.store.saveDurably(checkpoint, of: job.id)
        }
    }

    // MARK: Finish

    private func finish(_ checkpoint: inout RunCheckpoint) async throws {
        // Leaving the session retires what was not reported: not before every count adds up.
        let report = try await ports.store.report(ofRun: job.id)
        guard report.isBalanced else {
            throw JobFailureError(.internal("the counts of the report do not add up; see the report of the job"))
        }
        try await leaveSession(&checkpoint)
        let savePoint = checkpoint.identity.key
        try await ports.store.prepareSavePoint(savePoint, of: job.connection)
        try await ports.car.saveModelStateID(savePoint)
        try await recordVulnerabilityProgress(checkpoint)
        try await ports.store.completeRun(
            job.id, connection: job.connection, completion: completion(checkpoint, savePoint: savePoint))
        try await progress.finish()
    }

    private func completion(_ checkpoint: RunCheckpoint, savePoint: String) async throws -> RunCompletion {
        let before = try await ports.store.ledger(of: job.connection)
        let isInitial = checkpoint.effectiveKind == .initial
        let covered = checkpoint.identity.startedAt
        let missesAlerts = checkpoint.alertsMissed == true
        // An initial import without alerts leaves a ledger in which none is out of date but those that it kept.
        let coversAlerts = isInitial ? checkpoint.alertsKeptThrough == nil : options.alerts && !missesAlerts
        return RunCompletion(
            savePoint: savePoint,
            alertsThrough: coversAlerts ? covered : before.alertsThrough,
            openAlertsDue: options.alerts ? missesAlerts : isInitial || before.openAlertsDue,
            vulnerabilitiesThrough: options.vulnerabilities && checkpoint.machinesMissed != true
                ? covered : (isInitial ? nil : before.vulnerabilitiesThrough))
    }

    // MARK: Failure

    private func resetIfUnrecoverable(_ error: any Error) async {
        let failure = JobFailure(describing: error)
        guard failure.class == .unrecoverable else { return }
        // Both are attempts: where CAR or the store can't take it now, the failure itself is still what the job tells.
        try? await ports.store.invalidateLedger(
            of: job.connection, reason: "the previous run failed unrecoverably")
        try? await ports.car.saveModelStateID("")
    }
}
