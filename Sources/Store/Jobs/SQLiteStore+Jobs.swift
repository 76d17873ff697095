import ConnectorCore
import GRDB

extension SQLiteStore: JobStore {
    public func job(_ id: JobID) throws -> Job? {
        try read { db in try JobRow.fetch(id, db) }
    }

    public func jobs(_ query: JobQuery) throws -> JobPage {
        let limit = min(max(query.limit, 1), 200)
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func add(_ condition: String, _ value: String?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("connection = ?", query.connection)
        add("kind = ?", query.kind?.rawValue)
        add("state = ?", query.state?.rawValue)
        add("id < ?", query.before?.text)
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        // One more than asked for tells whether more follow.
        let found = try read { db in
            try JobRow.all(db, "\(filter) ORDER BY id DESC LIMIT \(limit + 1)", arguments)
        }
        let page = Array(found.prefix(limit))
        return JobPage(jobs: page, next: found.count > limit ? page.last?.id : nil)
    }

    public func report(of id: JobID) throws -> ImportReport? {
        try read { db in try SQLiteRunStore.report(of: id, in: db) }
    }

    public func connectionSummary(_ connection: String) throws -> ConnectionSummary {
        try read { db in
            func newestStarted(_ kind: JobKind) throws -> Job? {
                try JobRow.first(
                    db, "WHERE connection = ? AND kind = ? AND started_at IS NOT NULL ORDER BY id DESC LIMIT 1",
                    [connection, kind.rawValue])
            }
            let ledger = try LedgerFacts.fetch(connection, db)
            return ConnectionSummary(
                savePoint: ledger.savePoint, machinesKnown: ledger.machinesKnown,
                lastInitial: try newestStarted(.initial), lastIncremental: try newestStarted(.incremental),
                queued: try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM jobs WHERE connection = ? AND state = 'queued'",
                    arguments: [connection]) ?? 0,
                running: try JobRow.first(
                    db, "WHERE connection = ? AND state IN ('running', 'cancelling')", [connection]))
        }
    }

    /// Commits a row, because only a commit shows a full disk; at most once a second, because anybody may ask.
    public func checkWritable() throws {
        let now = ContinuousClock.now
        if let last = writableProbe.withLock({ $0 }), now - last < .seconds(1) { return }
        try write { db in try db.execute(sql: "UPDATE writable_probe SET count = count + 1") }
        writableProbe.withLock { $0 = now }
    }
}
