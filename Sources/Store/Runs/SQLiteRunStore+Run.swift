import ConnectorCore
import Foundation
import GRDB

extension SQLiteRunStore {
    public func openRun(_ job: JobID, connection: String, now: Timestamp) async throws -> RunCheckpoint {
        try await writeUnsynced { db in
            if let row = try Row.fetchOne(
                db, sql: "SELECT checkpoint FROM run WHERE job_id = ?", arguments: [job.text]),
                let checkpoint = try Self.decode(RunCheckpoint?.self, row["checkpoint"])
            {
                return checkpoint
            }
            // A process may have died while it cleared up what the job had before.
            for table in Self.tablesOfJobs {
                try db.execute(sql: "DELETE FROM \(table) WHERE job_id = ?", arguments: [job.text])
            }
            let checkpoint = RunCheckpoint(identity: RunIdentity(startedAt: now))
            try db.execute(
                sql: "INSERT OR REPLACE INTO run (job_id, connection, checkpoint, report) VALUES (?, ?, ?, ?)",
                arguments: [
                    job.text, connection, try Self.encode(checkpoint), try Self.encode(ImportReport()),
                ])
            return checkpoint
        }
    }

    public func save(_ checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await writeUnsynced { db in try Self.save(checkpoint, of: job, in: db) }
    }

    public func saveDurably(_ checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await write { db in try Self.save(checkpoint, of: job, in: db) }
    }

    public func addToReport(_ part: ImportReport, of job: JobID) async throws {
        try await writeUnsynced { db in try Self.add(part, toReportOf: job, in: db) }
    }

    public func report(ofRun job: JobID) async throws -> ImportReport {
        try await read { db in try Self.report(of: job, in: db) ?? ImportReport() }
    }

    public func ledger(of connection: String) async throws -> LedgerState {
        try await read { db in try Self.ledger(of: connection, in: db) }
    }

    public func beginGeneration(
        _ checkpoint: RunCheckpoint, of job: JobID, connection: String
    ) async throws -> RunCheckpoint {
        try await write { db in
            try db.execute(sql: "INSERT INTO generation (connection) VALUES (?)", arguments: [connection])
            var checkpoint = checkpoint
            checkpoint.generation = db.lastInsertedRowID
            // What the old one knows is not in CAR, and no later import may take it over either.
            try db.execute(
                sql: "UPDATE ledger SET generation = NULL WHERE connection = ? AND invalid_reason = ?",
                arguments: [connection, LedgerState.databaseIsNewReason])
            try Self.invalidate(connection, reason: "the last initial import did not finish", in: db)
            try Self.save(checkpoint, of: job, in: db)
            return checkpoint
        }
    }

    public func invalidateLedger(of connection: String, reason: String) async throws {
        try await write { db in
            // Until an import has begun in the new database, nothing else is as important to know.
            let known = try Self.ledger(of: connection, in: db).invalidReason
            if known == LedgerState.databaseIsNewReason { return }
            try Self.invalidate(connection, reason: reason, in: db)
        }
    }

    public func prepareSavePoint(_ savePoint: String, of connection: String) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO ledger (connection, pending_save_point) VALUES (?1, ?2)
                    ON CONFLICT (connection) DO UPDATE SET pending_save_point = ?2
                    """, arguments: [connection, savePoint])
        }
    }

    public func completeRun(_ job: JobID, connection: String, completion: RunCompletion) async throws {
        try await writeUnsynced { db in
            try db.execute(
                sql: """
                    UPDATE ledger SET generation = (SELECT COALESCE(run.generation, ledger.generation) FROM run
                                                    WHERE job_id = ?1),
                        save_point = ?2, pending_save_point = NULL, invalid_reason = NULL,
                        alerts_through = ?3, open_alerts_due = ?4, vulnerabilities_through = ?5
                    WHERE connection = ?6
                    """,
                arguments: [
                    job.text, completion.savePoint, completion.alertsThrough?.milliseconds, completion.openAlertsDue,
                    completion.vulnerabilitiesThrough?.milliseconds, connection,
                ])
        }
    }

    public func recordPageRows(machines: Int?, alerts: Int?, of connection: String) async throws {
        try await writeUnsynced { db in
            try db.execute(
                sql: """
                    INSERT INTO ledger (connection, machine_page_rows, alert_page_rows)
                    VALUES (?1, COALESCE(?2, 0), COALESCE(?3, 0))
                    ON CONFLICT (connection) DO UPDATE SET
                        machine_page_rows = COALESCE(?2, machine_page_rows),
                        alert_page_rows = COALESCE(?3, alert_page_rows)
                    """, arguments: [connection, machines, alerts])
        }
    }

    // MARK: Pieces of transactions

    /// What a run needs until it ends.
    static let tablesOfJobs = ["run_machine", "run_batch", "run_deletion"] + VulnerabilityTables.ofJobs

    static func save(_ checkpoint: RunCheckpoint, of job: JobID, in db: Database) throws {
        try db.execute(
            sql: "UPDATE run SET checkpoint = ?, generation = ? WHERE job_id = ?",
            arguments: [try encode(checkpoint), checkpoint.generation, job.text])
    }

    static func add(_ part: ImportReport, toReportOf job: JobID, in db: Database) throws {
        guard part != ImportReport(), var total = try report(of: job, in: db) else { return }
        total += part
        try db.cachedStatement(sql: "UPDATE run SET report = ? WHERE job_id = ?")
            .execute(arguments: [try encode(total), job.text])
    }

    static func report(of job: JobID, in db: Database) throws -> ImportReport? {
        let select = try db.cachedStatement(sql: "SELECT report FROM run WHERE job_id = ?")
        return try String.fetchOne(select, arguments: [job.text]).map { try decode(ImportReport.self, $0) }
    }

    /// The generation that the job writes to: its own, or the connection's current.
    static func generation(of job: JobID, in db: Database) throws -> Int64 {
        let select = try db.cachedStatement(
            sql: """
                SELECT COALESCE(run.generation, ledger.generation) FROM run
                LEFT JOIN ledger ON ledger.connection = run.connection WHERE job_id = ?
                """)
        guard let generation = try Int64.fetchOne(select, arguments: [job.text]) else {
            throw RunStoreError.noLedger(job)
        }
        return generation
    }

    static func invalidate(_ connection: String, reason: String, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO ledger (connection, invalid_reason) VALUES (?1, ?2)
                ON CONFLICT (connection) DO UPDATE SET invalid_reason = ?2
                """, arguments: [connection, reason])
    }

    static func ledger(of connection: String, in db: Database) throws -> LedgerState {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM ledger WHERE connection = ?", arguments: [connection])
        else { return LedgerState() }
        var state = LedgerState(
            invalidReason: row["invalid_reason"], machinePageRows: row["machine_page_rows"],
            alertPageRows: row["alert_page_rows"])
        guard let generation = row["generation"] as Int64? else { return state }
        state.savePoint = row["save_point"]
        state.pendingSavePoint = row["pending_save_point"]
        state.alertsThrough = (row["alerts_through"] as Int64?).map(Timestamp.init(milliseconds:))
        state.openAlertsDue = row["open_alerts_due"]
        state.vulnerabilitiesThrough = (row["vulnerabilities_through"] as Int64?).map(Timestamp.init(milliseconds:))
        state.machinesKnown =
            try Int.fetchOne(
                db, sql: "SELECT COUNT(*) FROM machine WHERE generation = ?", arguments: [generation]) ?? 0
        return state
    }

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

public enum RunStoreError: Error, Equatable {
    /// A step of a run needs a ledger that nothing has begun.
    case noLedger(JobID)
    /// The ledger holds a document that this version can't read.
    case malformedDocument(MachineID)
}

extension RunStoreError: ClassifiedFailure {
    public var jobFailure: JobFailure {
        switch self {
        case .noLedger(let job): .internal("the run of job \(job) has no ledger")
        case .malformedDocument(let machine):
            .internal("the ledger's entry of machine \(machine) can't be read; one initial import rebuilds the ledger")
        }
    }
}
