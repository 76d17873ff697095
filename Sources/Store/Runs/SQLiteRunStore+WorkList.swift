import ConnectorCore
import Foundation
import GRDB

extension SQLiteRunStore {
    public func addMachines(
        _ machines: [Machine], deletions: [MachineID], isAgain: Bool, checkpoint: RunCheckpoint, report: ImportReport,
        of job: JobID
    ) async throws -> [Machine] {
        try await writeUnsynced { db in
            var position =
                try Int.fetchOne(
                    db, sql: "SELECT COALESCE(MAX(position) + 1, 0) FROM run_machine WHERE job_id = ?",
                    arguments: [job.text]) ?? 0
            let rows = try WorkListRows(job, in: db)
            var added: [Machine] = []
            var duplicates: [SkippedRecord] = []
            for machine in machines {
                if try rows.add(machine, at: position) {
                    position += 1
                    added.append(machine)
                } else if !isAgain {
                    duplicates.append(SkippedRecord(kind: .machines, id: machine.id.text, reason: "duplicate"))
                }
            }
            try Self.addDeletions(deletions, of: job, in: db)
            // What is on the work list is there: it has come back since an earlier page, or is named twice.
            try db.execute(
                sql: """
                    DELETE FROM run_deletion WHERE job_id = ?1 AND EXISTS (SELECT 1 FROM run_machine
                        WHERE run_machine.job_id = ?1 AND run_machine.machine_id = run_deletion.machine_id)
                    """, arguments: [job.text])
            var report = report
            report.add(.machines, read: added.count + duplicates.count, mapped: 0)
            report.addSkipped(duplicates)
            try Self.save(checkpoint, of: job, in: db)
            try Self.add(report, toReportOf: job, in: db)
            return added
        }
    }

    public func addDeletions(_ machines: [MachineID], checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await writeUnsynced { db in
            try Self.addDeletions(machines, of: job, in: db)
            try Self.save(checkpoint, of: job, in: db)
        }
    }

    private static func addDeletions(_ machines: [MachineID], of job: JobID, in db: Database) throws {
        guard !machines.isEmpty else { return }
        let generation = try generation(of: job, in: db)
        let insert = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO run_deletion (job_id, machine_id)
                SELECT ?1, machine_id FROM machine WHERE generation = ?2 AND machine_id = ?3
                AND NOT EXISTS (SELECT 1 FROM run_machine WHERE job_id = ?1 AND machine_id = ?3)
                """)
        for machine in machines { try insert.execute(arguments: [job.text, generation, machine.text]) }
    }

    public func deletionCensus(
        of job: JobID, connection: String, wholeEstate: Bool
    ) async throws -> DeletionCensus {
        try await read { db in
            // The last complete generation tells what was known, also where it can't be used for an incremental run.
            let generation = try Int64.fetchOne(
                db, sql: "SELECT generation FROM ledger WHERE connection = ?", arguments: [connection])
            guard let generation else { return DeletionCensus(known: 0, leaving: 0, examples: []) }
            let known =
                try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM machine WHERE generation = ?", arguments: [generation]) ?? 0
            let leaving =
                wholeEstate
                ? """
                SELECT machine_id FROM machine WHERE generation = ?2 AND NOT EXISTS
                    (SELECT 1 FROM run_machine WHERE job_id = ?1 AND run_machine.machine_id = machine.machine_id)
                """ : "SELECT machine_id FROM run_deletion WHERE job_id = ?1 AND ?2 IS NOT NULL"
            let count =
                try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM (\(leaving))", arguments: [job.text, generation]) ?? 0
            let examples = try String.fetchAll(
                db, sql: "\(leaving) ORDER BY machine_id LIMIT 3", arguments: [job.text, generation])
            return DeletionCensus(known: known, leaving: count, examples: examples.compactMap(MachineID.init))
        }
    }

    public func workCount(of job: JobID) async throws -> JobProgress.Count {
        try await read { db in
            let total = try Int.fetchOne(
                db, sql: "SELECT COALESCE(MAX(position) + 1, 0) FROM run_machine WHERE job_id = ?",
                arguments: [job.text])
            let done = try Int.fetchOne(
                db, sql: "SELECT COALESCE(SUM(machines), 0) FROM run_batch WHERE job_id = ? AND done = 1",
                arguments: [job.text])
            return JobProgress.Count(done: done ?? 0, total: total ?? 0)
        }
    }

    public func unfinishedBatches(of job: JobID, size: Int) async throws -> [Int] {
        try await writeUnsynced { db in
            let cut =
                try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM run_batch WHERE job_id = ?", arguments: [job.text]) ?? 0
            if cut == 0 { try Self.cutBatches(of: job, size: size, in: db) }
            return try Int.fetchAll(
                db, sql: "SELECT number FROM run_batch WHERE job_id = ? AND done = 0 ORDER BY number",
                arguments: [job.text])
        }
    }

    private static func cutBatches(of job: JobID, size: Int, in db: Database) throws {
        let total =
            try Int.fetchOne(
                db, sql: "SELECT COALESCE(MAX(position) + 1, 0) FROM run_machine WHERE job_id = ?",
                arguments: [job.text]) ?? 0
        for (index, first) in stride(from: 0, to: total, by: size).enumerated() {
            try db.execute(
                sql: "INSERT INTO run_batch (job_id, number, first_position, machines) VALUES (?, ?, ?, ?)",
                arguments: [job.text, index + 1, first, min(size, total - first)])
        }
    }

    public func startBatch(_ number: Int, of job: JobID) async throws -> WorkBatch {
        try await writeUnsynced { db in
            try db.cachedStatement(sql: "UPDATE run_batch SET starts = starts + 1 WHERE job_id = ? AND number = ?")
                .execute(arguments: [job.text, number])
            let select = try db.cachedStatement(
                sql: "SELECT first_position, machines, starts FROM run_batch WHERE job_id = ? AND number = ?")
            guard let batch = try Row.fetchOne(select, arguments: [job.text, number]) else {
                return WorkBatch(number: number, entries: [], starts: 1)
            }
            let first: Int = batch[0]
            let count: Int = batch[1]
            let generation = try Self.generation(of: job, in: db)
            let entries = try WorkListRows(job, in: db)
                .entries(at: first..<(first + count), generation: generation)
            return WorkBatch(number: number, entries: entries, starts: batch[2])
        }
    }

    public func releaseBatch(_ number: Int, of job: JobID) async throws {
        try await writeUnsynced { db in
            try db.execute(
                sql: "UPDATE run_batch SET starts = MAX(starts - 1, 0) WHERE job_id = ? AND number = ?",
                arguments: [job.text, number])
        }
    }

    /// Rows removed in one transaction, so that other writers get their turn.
    private static let cleanUpStep = 20_000

    public func cleanUp(_ job: JobID, connection: String) async throws {
        let ended = try await endedRuns(of: connection, beside: job)
        // Should the job be taken up again, because its end was not stored, it can't go on without what goes now.
        try await writeUnsynced { db in
            try db.execute(
                sql: """
                    UPDATE run SET checkpoint = 'null', generation = NULL
                    WHERE job_id = ? AND json_extract(checkpoint, '$.step') <> 'done'
                    """, arguments: [job.text])
        }
        for table in Self.tablesOfJobs {
            try await writeUnsynced { db in
                for id in ended {
                    try db.execute(sql: "DELETE FROM \(table) WHERE job_id = ?", arguments: [id])
                }
            }
        }
        try await writeUnsynced { db in
            try db.execute(
                sql: "DELETE FROM run WHERE job_id <> ? AND job_id NOT IN (SELECT id FROM jobs)",
                arguments: [job.text])
        }
        for generation in try await obsoleteGenerations(of: connection, ended: ended) { try await drop(generation) }
        cache.forget()
    }

    /// The job and the others of its connection that will not go on.
    private func endedRuns(of connection: String, beside job: JobID) async throws -> [String] {
        let others = try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT job_id FROM run WHERE connection = ? AND job_id NOT IN
                        (SELECT id FROM jobs WHERE state IN ('queued', 'running', 'cancelling'))
                    """, arguments: [connection])
        }
        return others.filter { $0 != job.text } + [job.text]
    }

    private func obsoleteGenerations(of connection: String, ended: [String]) async throws -> [Int64] {
        try await read { db in
            let runs = try Row.fetchAll(
                db, sql: "SELECT job_id, generation FROM run WHERE connection = ? AND generation IS NOT NULL",
                arguments: [connection])
            let current = try Int64.fetchOne(
                db, sql: "SELECT generation FROM ledger WHERE connection = ?", arguments: [connection])
            let inUse = runs.filter { !ended.contains($0["job_id"] as String) }.map { $0["generation"] as Int64 }
            let all = try Int64.fetchAll(
                db, sql: "SELECT id FROM generation WHERE connection = ?", arguments: [connection])
            return all.filter { $0 != current && !inUse.contains($0) }
        }
    }

    private func drop(_ generation: Int64) async throws {
        let keys = [
            ("open_plan", "token"), ("vertex", "id"), ("gone_edge", "id"), ("machine", "machine_id"),
            ("alert", "alert_id"),
            ("shared_edge", "kind, from_id, to_id"),
        ]
        for (table, key) in keys + VulnerabilityTables.ofGenerations {
            while try await writeUnsynced({ db in
                try db.execute(
                    sql: """
                        DELETE FROM \(table) WHERE generation = ?1 AND (\(key)) IN
                            (SELECT \(key) FROM \(table) WHERE generation = ?1 LIMIT ?2)
                        """, arguments: [generation, Self.cleanUpStep])
                return db.changesCount > 0
            }) {}
        }
        try await writeUnsynced { db in
            try db.execute(sql: "DELETE FROM generation WHERE id = ?", arguments: [generation])
        }
    }
}
