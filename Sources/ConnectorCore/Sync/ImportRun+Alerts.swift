extension ImportRun {
    private static let alertWalksMax = 5

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

    /// Walks the list until it stands still, so that a walk brings nothing more and has what the one before had: between two
    /// pages alerts leave the list or move in it, and those behind them move up past the page to come. One page alone is
    /// one moment.
    private func walkAlerts(_ selection: AlertSelection, _ checkpoint: inout RunCheckpoint) async throws {
        var known: Set<ExactText> = []
        var before: Set<ExactText>?
        for _ in 1...Self.alertWalksMax {
            let isWhole = checkpoint.alertsSkip == 0
            let walk = try await walkAlertsOnce(selection, known: &known, &checkpoint)
            if let before, !walk.bringsMore, before.isSubset(of: walk.seen) { return }
            if isWhole, walk.pages <= 1 { return }
            before = walk.old
            checkpoint.alertsSkip = 0
        }
        // In motion all the time: the next run asks for the same again.
        checkpoint.alertsMissed = true
    }

    /// - Parameter known: alerts that earlier walks have brought, added to.
    private func walkAlertsOnce(
        _ selection: AlertSelection, known: inout Set<ExactText>, _ checkpoint: inout RunCheckpoint
    ) async throws -> AlertWalk {
        let ledger = try await ports.store.ledger(of: job.connection)
        var walk = ListWalk(
            top: options.alertsPerPage, pageRowsSeen: ledger.alertPageRows,
            trustsShortPages: checkpoint.effectiveKind == .incremental)
        var result = AlertWalk()
        var step = ListWalk.Step.next(skip: checkpoint.alertsSkip)
        while step != .end {
            if case .next(let skip) = step { checkpoint.alertsSkip = skip }
            let page = try await ports.defender.alerts(
                selection, skip: checkpoint.alertsSkip, top: options.alertsPerPage)
            let ids = Set((page.content.records.map(\.id) + page.content.skipped.compactMap(\.id)).map(ExactText.init))
            let new = ids.subtracting(result.seen).count
            result.seen.formUnion(ids)
            step = try walk.after(
                skip: checkpoint.alertsSkip, rows: page.content.readCount, new: new, hasNextLink: page.hasNextLink,
                list: "alerts")
            var next = checkpoint
            if case .next(let skip) = step { next.alertsSkip = skip }
            result.pages += ids.isEmpty ? 0 : 1
            let old = page.content.records.filter { $0.wasThere(at: checkpoint.identity.startedAt) }
            result.old.formUnion(old.map { ExactText($0.id) })
            try await importPage(page.content.without(known), checkpoint: next)
        }
        result.bringsMore = !result.old.isSubset(of: known)
        known.formUnion(result.seen)
        try await ports.store.recordPageRows(machines: nil, alerts: walk.pageRowsSeen, of: job.connection)
        return result
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

extension Alert {
    /// Whether it has not changed since; without a time it may have been there.
    fileprivate func wasThere(at moment: Timestamp) -> Bool { lastUpdateTime.map { $0 < moment } ?? true }
}

extension Records<Alert> {
    fileprivate func without(_ known: Set<ExactText>) -> Records<Alert> {
        if known.isEmpty { return self }
        return Records(
            records: records.filter { !known.contains(ExactText($0.id)) },
            skipped: skipped.filter { $0.id.map { !known.contains(ExactText($0)) } ?? false })
    }
}

/// What a walk of the list of alerts came to.
private struct AlertWalk {
    /// With alerts on them.
    var pages = 0
    var seen: Set<ExactText> = []
    /// As they were before the run began; later ones are in the next run's window.
    var old: Set<ExactText> = []
    /// Whether some of those were on no walk before.
    var bringsMore = false
}
