import ConnectorCore
import GRDB

extension SQLiteRunStore {
    public func planAlerts(_ alerts: [Alert], of job: JobID) async throws -> AlertPlan {
        try await writeThenSync { db in
            var planner = AlertPlanner(db: db, job: job, generation: try Self.generation(of: job, in: db))
            return try planner.run(alerts)
        }
    }

    public func confirmAlerts(
        _ plan: AlertPlan, checkpoint: RunCheckpoint, report: ImportReport, of job: JobID
    ) async throws {
        try await writeUnsynced { db in
            let generation = try Self.generation(of: job, in: db)
            let confirm = try LoopStatement(
                "UPDATE alert SET confirmed = 1, last_update = ? WHERE generation = ? AND alert_id = ?", in: db)
            for alert in plan.imported + plan.touched {
                confirm.bind(1, alert.lastUpdateTime?.milliseconds)
                confirm.bind(2, generation)
                confirm.bind(3, alert.id)
                try confirm.run()
            }
            try Self.save(checkpoint, of: job, in: db)
            try Self.add(report, toReportOf: job, in: db)
        }
    }
}

/// Compares a page of alerts with the ledger, inside one transaction. An alert about to be imported is written as not
/// yet confirmed, so that one which is resolved after a crash is still known and its edge disabled.
private struct AlertPlanner {
    private struct Known {
        var machine: String
        var lastUpdate: Int64?
        var fingerprint: Int64
        var isConfirmed: Bool
        var title: String?
    }

    let db: Database
    let job: JobID
    let generation: Int64
    private var plan = AlertPlan()

    init(db: Database, job: JobID, generation: Int64) {
        self.db = db
        self.job = job
        self.generation = generation
    }

    mutating func run(_ alerts: [Alert]) throws -> AlertPlan {
        // An alert that changes while its list is read may be on it twice: the later one counts.
        var last: [ExactText: Int] = [:]
        for (index, alert) in alerts.enumerated() { last[ExactText(alert.id)] = index }
        for (index, alert) in alerts.enumerated() {
            if last[ExactText(alert.id)] == index { try add(alert) } else { plan.unchanged += 1 }
        }
        return plan
    }

    private mutating func add(_ alert: Alert) throws {
        let known = try known(alert.id)
        guard alert.isOpen else {
            guard let known else {
                plan.unchanged += 1
                return
            }
            try close(alert.id, of: known)
            return
        }
        guard let machine = alert.machineID else {
            return try skip(alert, known: known, reason: "no_machine")
        }
        guard try isImported(machine) else {
            return try skip(alert, known: known, reason: "machine_not_imported")
        }
        if let known, known.machine != machine.text {
            try LedgerRows.addGone(edge(known.machine, alert.id), generation: generation, in: db)
        }
        let vertex = GraphMapper.vertex(of: alert)
        let fingerprint = vertex.fingerprint
        if let known, known.isConfirmed, known.machine == machine.text, known.fingerprint == fingerprint {
            if known.title == nil { try setTitle(vertex.name, of: alert) }
            let isUpdated = alert.lastUpdateTime != nil && alert.lastUpdateTime?.milliseconds != known.lastUpdate
            if isUpdated { plan.touched.append(alert) } else { plan.unchanged += 1 }
            return
        }
        let insert = try LoopStatement(
            """
            INSERT OR REPLACE INTO alert (generation, alert_id, machine_id, last_update, fingerprint, confirmed, title)
            VALUES (?, ?, ?, NULL, ?, 0, ?)
            """, in: db)
        insert.bind(1, generation)
        insert.bind(2, alert.id)
        insert.bind(3, machine.text)
        insert.bind(4, fingerprint)
        insert.bind(5, vertex.name)
        try insert.run()
        try LedgerRows.removeGone(edge(machine.text, alert.id), generation: generation, in: db)
        plan.imported.append(alert)
        if known == nil { plan.created[.vulnerability] += 1 }
        if known?.machine != machine.text { plan.created[.assetVulnerability] += 1 }
        if known != nil, alert.lastUpdateTime != nil { plan.touched.append(alert) }
    }

    /// Rows of earlier versions have none.
    private func setTitle(_ title: String?, of alert: Alert) throws {
        let update = try LoopStatement("UPDATE alert SET title = ? WHERE generation = ? AND alert_id = ?", in: db)
        update.bind(1, title)
        update.bind(2, generation)
        update.bind(3, alert.id)
        try update.run()
    }

    private mutating func skip(_ alert: Alert, known: Known?, reason: String) throws {
        plan.skipped.append(SkippedRecord(kind: .alerts, id: alert.id, reason: reason))
        if let known { try close(alert.id, of: known) }
    }

    /// Forgets an alert; its edge is disabled with the others that are gone.
    private func close(_ id: String, of known: Known) throws {
        try LedgerRows.addGone(edge(known.machine, id), generation: generation, in: db)
        let delete = try LoopStatement("DELETE FROM alert WHERE generation = ? AND alert_id = ?", in: db)
        delete.bind(1, generation)
        delete.bind(2, id)
        try delete.run()
    }

    private func edge(_ machine: String, _ alert: String) -> Edge {
        Edge(.assetVulnerability, from: machine, to: alert)
    }

    private func known(_ id: String) throws -> Known? {
        let select = try LoopStatement(
            """
            SELECT machine_id, last_update, fingerprint, confirmed, title FROM alert
            WHERE generation = ? AND alert_id = ?
            """, in: db)
        select.bind(1, generation)
        select.bind(2, id)
        defer { select.reset() }
        guard try select.next() else { return nil }
        return Known(
            machine: select.text(0), lastUpdate: select.optionalInteger(1), fingerprint: select.integer(2),
            isConfirmed: select.integer(3) == 1, title: select.optionalText(4))
    }

    /// Whether the ledger has the machine and the run is not about to delete it.
    private func isImported(_ machine: MachineID) throws -> Bool {
        let select = try db.cachedStatement(
            sql: """
                SELECT EXISTS (SELECT 1 FROM machine WHERE generation = ?1 AND machine_id = ?2)
                AND NOT EXISTS (SELECT 1 FROM run_deletion WHERE job_id = ?3 AND machine_id = ?2)
                """)
        return try Bool.fetchOne(select, arguments: [generation, machine.text, job.text]) ?? false
    }
}
