import CARImporter
import ConnectorCore
import ControlAPI
import DefenderFetcher
import JobQueue
import Telemetry

extension KnownLabels {
    /// What the parts of this service label their metrics with.
    static let service = KnownLabels(
        vertices: VertexCollection.allCases.map(\.rawValue), edges: EdgeKind.allCases.map(\.rawValue),
        skips: skipReasons.flatMap { kind, reasons in reasons.map { Skip(kind: kind.rawValue, reason: $0) } },
        failures: [Failure(class: "internal", code: 1), Failure(class: "recoverable", code: 10)]
            + [Failure(class: "unrecoverable", code: 20)]
            + (50...55).map { Failure(class: "datasource", code: $0) },
        carCalls: CARClient.callLabels)

    /// A reason that is missing here is counted all the same, only not shown at 0 before.
    private static let skipReasons: [(RecordKind, [String])] = [
        (.machines, ["not_an_object", "invalid_id", "counts_as_deleted", "duplicate"]),
        (.logonUsers, ["not_an_object", "no_account_name", "machine_not_found"]),
        (.networkAdapters, ["not_an_object", "invalid_id", "unknown_machine", "bad_addresses"]),
        (
            .vulnerabilities,
            [
                "not_an_object", "invalid_id", "unknown_machine", "no_software_and_no_cve", "no_cve", "unknown_status",
                "read_by_hunting",
            ]
        ),
        (.alerts, ["not_an_object", "missing_id", "no_machine", "machine_not_imported"]),
    ]
}

extension Engine {
    /// The metrics with what only the store and the clients know, read anew for every scrape.
    func renderMetrics(_ format: PrometheusText.Format) -> String {
        var running = 0
        for runtime in runtimes {
            readBudgets(of: runtime)
            readSchedule(of: runtime.settings.name)
            metrics.setTokenExpiry(
                runtime.settings.name, secondsSince1970: runtime.defender.tokenExpiry?.secondsSince1970)
            // A store that can't be read leaves the last values; readiness tells of it.
            guard let summary = try? store.connectionSummary(runtime.settings.name) else { continue }
            running += summary.running == nil ? 0 : 1
            let machines = summary.running?.progress.machines ?? JobProgress.Count()
            metrics.setJob(
                of: runtime.settings.name, isRunning: summary.running != nil, done: machines.done,
                listed: machines.total)
            metrics.setConnection(
                runtime.settings.name,
                savePointSecondsSince1970: summary.savePoint.flatMap(Double.init).map { $0 / 1000 },
                machinesKnown: summary.machinesKnown)
        }
        readQueue(running: running)
        metrics.setCARImportsUnconfirmed(runtimes.map(\.car.unconfirmedImports).reduce(0, +))
        return metrics.render(format)
    }

    private func readQueue(running: Int) {
        // Two waiting jobs and an interrupted one are all that a connection can have, so one page holds them.
        guard let queued = try? store.jobs(JobQuery(state: .queued, limit: 200)).jobs else { return }
        let oldest = queued.last.map { Timestamp.wallClock().secondsSince1970 - $0.createdAt.secondsSince1970 }
        metrics.setJobs(running: running, queued: queued.count, oldestQueuedSeconds: oldest ?? 0)
    }

    private func readSchedule(of connection: String) {
        let next = queue.nextScheduled(for: connection)
        for kind in JobKind.allCases {
            metrics.setNextRun(connection, kind: kind.rawValue, next: next[kind]?.secondsSince1970)
        }
    }

    /// What the control API shows of the call budgets; connections of one tenant show the same.
    func budgets(of connection: String) -> [BudgetInfo] {
        guard let runtime = runtimes.first(where: { $0.settings.name == connection }) else { return [] }
        return APIFamily.allCases.map { family in
            let status = runtime.defender.budgets[family].status
            let limits = runtime.settings.defender.finiteLimits(of: family)
            return BudgetInfo(
                api: family.rawValue,
                minute: .init(remaining: status.remainingThisMinute, limit: limits.perMinute),
                hour: .init(remaining: status.remainingThisHour, limit: limits.perHour), waiting: status.waiting,
                closedSeconds: Int(status.closedForSeconds.rounded(.up)))
        }
    }

    private func readBudgets(of runtime: ConnectionRuntime) {
        let name = runtime.settings.name
        for budget in budgets(of: name) {
            for (window, value) in [("minute", budget.minute), ("hour", budget.hour)] {
                metrics.setBudget(
                    connection: name, api: budget.api, window: window, remaining: value.remaining, limit: value.limit)
            }
            metrics.setBudget(
                connection: name, api: budget.api, waiting: budget.waiting,
                closedSeconds: Double(budget.closedSeconds))
        }
    }

    /// Counts a job that has ended, and what its report says.
    func count(_ id: JobID) {
        // A store that can't be read now loses a sample, not the job.
        guard let job = try? store.job(id), job.state.isFinal, let ended = job.endedAt else { return }
        let seconds = Double(ended.milliseconds - (job.startedAt ?? ended).milliseconds) / 1000
        metrics.jobFinished(kind: job.kind.rawValue, outcome: job.state.rawValue, seconds: seconds)
        if job.state == .succeeded { countSuccess(of: job) }
        if let failure = job.failure {
            metrics.jobFailed(class: failure.class.rawValue, code: failure.code)
            if failure.isDeletionGuard { metrics.deletionGuardStopped(connection: job.connection) }
        }
        // No report: the job ended before its run began.
        if let report = try? store.report(of: id) { count(report) }
    }

    private func count(_ report: ImportReport) {
        for (kind, counts) in report.records {
            metrics.recordsRead(kind: kind, count: counts.read)
            for (reason, count) in counts.skipped { metrics.recordsSkipped(kind: kind, reason: reason, count: count) }
        }
        for (collection, counts) in report.objects {
            metrics.carObjectsSent(collection: collection, count: counts.sent)
            if counts.disabled > 0 { metrics.carEdgesDisabled(kind: collection, count: counts.disabled) }
            if counts.deleted > 0 { metrics.carVerticesDeleted(counts.deleted) }
        }
    }

    func countSuccess(of job: Job) {
        guard let ended = job.endedAt else { return }
        metrics.jobSucceeded(connection: job.connection, kind: job.kind.rawValue, at: ended.secondsSince1970)
    }

    /// The last successes before this start, so that an alert on their age survives a restart; and the schedules.
    func recallSuccesses() throws {
        for runtime in runtimes {
            let name = runtime.settings.name
            for kind in JobKind.allCases {
                let query = JobQuery(connection: name, kind: kind, state: .succeeded, limit: 1)
                if let job = try store.jobs(query).jobs.first { countSuccess(of: job) }
                let interval = runtime.settings.schedules[kind]?.longestIntervalSeconds(after: .wallClock())
                metrics.setScheduleInterval(name, kind: kind.rawValue, seconds: interval ?? 0)
            }
        }
    }
}

extension DefenderSettings {
    /// `nil` without a limit.
    fileprivate func finiteLimits(of family: APIFamily) -> (perMinute: Int?, perHour: Int?) {
        let (minute, hour): (perMinute: Int, perHour: Int) = limits(of: family)
        return (minute == 0 ? nil : minute, hour == 0 ? nil : hour)
    }
}

extension CronExpression {
    /// The longest time between two ticks of the next eight days, so that a schedule for working days counts its weekend.
    fileprivate func longestIntervalSeconds(after moment: Timestamp) -> Double {
        guard var tick = next(after: moment) else { return 0 }
        let horizon = tick.adding(seconds: 8 * 86_400)
        var longest = 0.0
        for _ in 0..<12_000 {
            guard let following = next(after: tick) else { break }
            longest = max(longest, following.secondsSince1970 - tick.secondsSince1970)
            tick = following
            if tick > horizon { break }
        }
        return longest
    }
}

extension Timestamp {
    fileprivate var secondsSince1970: Double { Double(milliseconds) / 1000 }
}
