import ConnectorCore
import GRDB

extension SQLiteRunStore {
    public func planKeptAlerts(after id: String?, limit: Int, of job: JobID) async throws -> AlertPlan {
        try await write { db in
            var plan = AlertPlan()
            guard let before = try CarryOver(of: job, in: db) else { return plan }
            plan.imported = try before.openAlerts(after: id, limit: limit)
            for alert in plan.imported { try before.keep(alert) }
            return plan
        }
    }
}

extension CarryOver {
    /// The open alerts as far as the ledger knew them, of machines that the import has, by their id.
    fileprivate func openAlerts(after id: String?, limit: Int) throws -> [Alert] {
        let select = try LoopStatement(
            """
            SELECT alert_id, machine_id, last_update, title FROM alert
            WHERE generation = ?1 AND (?2 IS NULL OR alert_id > ?2) AND EXISTS
                (SELECT 1 FROM machine WHERE machine.generation = ?3 AND machine.machine_id = alert.machine_id)
            ORDER BY alert_id LIMIT ?4
            """, in: db)
        select.bind(1, previous)
        select.bind(2, id)
        select.bind(3, generation)
        select.bind(4, Int64(limit))
        defer { select.reset() }
        var alerts: [Alert] = []
        while try select.next() {
            alerts.append(
                Alert(
                    id: select.text(0), title: select.optionalText(3), machineID: MachineID(select.text(1)),
                    lastUpdateTime: select.optionalInteger(2).map(Timestamp.init(milliseconds:))))
        }
        return alerts
    }

    /// Writes the alert as not yet confirmed. Its fingerprint is of what is sent, not of what CAR had: the next run that
    /// reads alerts completes it, whatever has become of CAR.
    fileprivate func keep(_ alert: Alert) throws {
        let insert = try LoopStatement(
            """
            INSERT OR REPLACE INTO alert (generation, alert_id, machine_id, last_update, fingerprint, confirmed, title)
            VALUES (?, ?, ?, NULL, ?, 0, ?)
            """, in: db)
        insert.bind(1, generation)
        insert.bind(2, alert.id)
        insert.bind(3, alert.machineID?.text)
        insert.bind(4, GraphMapper.vertex(of: alert).fingerprint)
        insert.bind(5, alert.title)
        try insert.run()
        if let machine = alert.machineID {
            let edge = Edge(.assetVulnerability, from: machine.text, to: alert.id)
            try LedgerRows.removeGone(edge, generation: generation, in: db)
        }
    }
}
