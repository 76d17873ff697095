extension ImportRun {
    /// Brings the alerts in step. An incremental run reads those updated in its window, and before them the open ones
    /// where some may be older than the window: of machines that are new to us, or left out by an earlier run.
    func importAlerts(_ checkpoint: inout RunCheckpoint) async throws {
        guard let since = checkpoint.alertsSince else { return try await walkOpenAlerts(&checkpoint) }
        if !checkpoint.openAlertsDone {
            if try await ports.store.ledger(of: job.connection).openAlertsDue { try await walkOpenAlerts(&checkpoint) }
            checkpoint.openAlertsDone = true
            checkpoint.alertsSkip = 0
            try await ports.store.save(checkpoint, of: job.id)
        }
        try await walkAlerts(.updated(since: since), &checkpoint)
    }

    /// From the first page, also after an interruption: alerts that were resolved meanwhile have left the list, and those
    /// behind them have moved up.
    private func walkOpenAlerts(_ checkpoint: inout RunCheckpoint) async throws {
        checkpoint.alertsSkip = 0
        try await walkAlerts(.open, &checkpoint)
    }

    private func walkAlerts(_ selection: AlertSelection, _ checkpoint: inout RunCheckpoint) async throws {
        let ledger = try await ports.store.ledger(of: job.connection)
        var walk = ListWalk(
            top: options.alertsPerPage, pageRowsSeen: ledger.alertPageRows,
            trustsShortPages: checkpoint.effectiveKind == .incremental)
        var seen: Set<String> = []
        var step = ListWalk.Step.next(skip: checkpoint.alertsSkip)
        while step != .end {
            if case .next(let skip) = step { checkpoint.alertsSkip = skip }
            let page = try await ports.defender.alerts(
                selection, skip: checkpoint.alertsSkip, top: options.alertsPerPage)
            let ids = Set(page.content.records.map(\.id) + page.content.skipped.compactMap(\.id))
            let new = ids.subtracting(seen).count
            seen.formUnion(ids)
            step = try walk.after(
                skip: checkpoint.alertsSkip, rows: page.content.readCount, new: new, hasNextLink: page.hasNextLink,
                list: "alerts")
            var next = checkpoint
            if case .next(let skip) = step { next.alertsSkip = skip }
            try await importPage(page.content, checkpoint: next)
        }
        try await ports.store.recordPageRows(machines: nil, alerts: walk.pageRowsSeen, of: job.connection)
    }

    private func importPage(_ page: Records<Alert>, checkpoint: RunCheckpoint) async throws {
        var report = ImportReport()
        let plan = try await ports.store.planAlerts(page.records, of: job.id)
        report.add(.alerts, read: page.readCount, mapped: page.records.count - plan.skipped.count)
        report.addSkipped(page.skipped + plan.skipped)
        try await send(plan, report, checkpoint: checkpoint)
    }

    /// Reports the alerts that are known from before once more: not reported in CAR's session, they would be retired,
    /// and alerts that are not read are left alone.
    func keepAlerts(_ checkpoint: inout RunCheckpoint) async throws {
        while true {
            let plan = try await ports.store.planKeptAlerts(
                after: checkpoint.alertsKeptThrough, limit: options.alertsPerPage, of: job.id)
            guard let last = plan.imported.last else { return }
            checkpoint.alertsKeptThrough = last.id
            try await send(plan, ImportReport(), checkpoint: checkpoint)
        }
    }

    private func send(_ plan: AlertPlan, _ report: ImportReport, checkpoint: RunCheckpoint) async throws {
        var report = report
        for objects in Self.objects(of: plan.imported) where objects.count > 0 {
            let confirmed = try await ports.car.importObjects(objects, report: checkpoint.identity)
            report.count(sent: objects, confirmed: confirmed)
        }
        report.count(created: plan.created)
        for alert in plan.touched {
            guard let edge = Self.edge(of: alert), let time = alert.lastUpdateTime else { continue }
            if try await ports.car.touch(edge, lastModified: time) {
                report.objects[edge.kind.rawValue, default: .init()].updated += 1
            }
        }
        try await ports.store.confirmAlerts(plan, checkpoint: checkpoint, report: report, of: job.id)
    }

    /// The vertices, then the edges: never in one import.
    private static func objects(of alerts: [Alert]) -> [GraphObjects] {
        [
            GraphObjects(vertices: alerts.map(GraphMapper.vertex)),
            GraphObjects(edges: alerts.compactMap(edge)),
        ]
    }

    private static func edge(of alert: Alert) -> Edge? {
        alert.machineID.map { Edge(.assetVulnerability, from: $0.text, to: alert.id) }
    }
}
