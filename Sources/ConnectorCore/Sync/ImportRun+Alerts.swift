extension ImportRun {
    /// Brings the alerts in step. Alerts of machines that are new to us may be older than the window, so the open ones
    /// are read too when the run has found such machines.
    func importAlerts(_ checkpoint: inout RunCheckpoint) async throws {
        if let since = checkpoint.alertsSince {
            if !checkpoint.openAlertsDone {
                if try await ports.store.hasNewMachines(job.id) { try await walkAlerts(.open, &checkpoint) }
                checkpoint.openAlertsDone = true
                checkpoint.alertsSkip = 0
                try await ports.store.save(checkpoint, of: job.id)
            }
            try await walkAlerts(.updated(since: since), &checkpoint)
        } else {
            try await walkAlerts(.open, &checkpoint)
        }
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
            let ids = page.content.records.map(\.id)
            let new = Set(ids).subtracting(seen).count + page.content.skipped.count
            seen = Set(ids)
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
        for objects in Self.objects(of: plan.imported) where objects.count > 0 {
            let confirmed = try await ports.car.importObjects(objects, report: checkpoint.identity)
            report.count(sent: objects, confirmed: confirmed)
        }
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
