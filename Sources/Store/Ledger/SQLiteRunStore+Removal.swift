import ConnectorCore
import GRDB

extension SQLiteRunStore {
    public func pendingDeletions(of job: JobID, limit: Int) async throws -> [MachineID] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT machine_id FROM run_deletion WHERE job_id = ? ORDER BY machine_id LIMIT ?",
                arguments: [job.text, limit]
            ).compactMap(MachineID.init)
        }
    }

    public func beginDeletions(_ machines: [MachineID], of job: JobID, connection: String) async throws {
        try await write { db in
            let generation = try Self.generation(of: job, in: db)
            let plan = try LedgerRows.openPlan(generation: generation, in: db)
            for machine in machines {
                try db.cachedStatement(sql: "UPDATE machine SET plan = ? WHERE generation = ? AND machine_id = ?")
                    .execute(arguments: [plan, generation, machine.text])
                try db.cachedStatement(sql: "UPDATE alert SET confirmed = 0 WHERE generation = ? AND machine_id = ?")
                    .execute(arguments: [generation, machine.text])
            }
            try db.execute(
                sql: "UPDATE ledger SET open_alerts_due = 1 WHERE connection = ?", arguments: [connection])
        }
    }

    public func confirmDeletions(_ machines: [MachineID], report: ImportReport, of job: JobID) async throws {
        _ = try await writeUnsynced { [cache] db in
            let generation = try Self.generation(of: job, in: db)
            var cached = cache.take(generation: generation)
            try Self.closePlans(of: machines, generation: generation, in: db)
            for machine in machines { try Self.forget(machine, of: job, generation: generation, &cached, in: db) }
            try Self.add(report, toReportOf: job, in: db)
            return cached
        } committed: { [cache] in
            cache.put($0)
        }
    }

    private static func closePlans(of machines: [MachineID], generation: Int64, in db: Database) throws {
        let close = try db.cachedStatement(
            sql: """
                DELETE FROM open_plan
                WHERE token = (SELECT plan FROM machine WHERE generation = ? AND machine_id = ?)
                """)
        for machine in machines { try close.execute(arguments: [generation, machine.text]) }
    }

    /// Removes a machine that CAR has deleted, with its edges, from the ledger; shared edges that only it implied are
    /// gone with it.
    private static func forget(
        _ machine: MachineID, of job: JobID, generation: Int64, _ cached: inout LedgerCache.Rows, in db: Database
    ) throws {
        if let stored = try MachineRows(generation: generation, in: db).find(machine) {
            let sharedEdges = try SharedEdgeRows(generation: generation, in: db)
            for edge in stored.document.sharedEdges {
                let left = try sharedEdges.take(edge)
                cached.set(left, of: edge)
                guard left == nil else { continue }
                let symbolic = Edge(
                    edge.kind, from: try LedgerRows.key(of: edge.from, in: db),
                    to: try LedgerRows.key(of: edge.to, in: db))
                try LedgerRows.addGone(symbolic, generation: generation, in: db)
            }
        }
        for sql in [
            "DELETE FROM machine WHERE generation = ? AND machine_id = ?",
            "DELETE FROM alert WHERE generation = ? AND machine_id = ?",
        ] {
            try db.cachedStatement(sql: sql).execute(arguments: [generation, machine.text])
        }
        try dropChanges(of: machine, generation: generation, in: db)
        try db.cachedStatement(sql: "DELETE FROM run_deletion WHERE job_id = ? AND machine_id = ?")
            .execute(arguments: [job.text, machine.text])
    }

    public func goneEdges(of job: JobID, limit: Int) async throws -> [GoneEdge] {
        try await read { db in
            let generation = try Self.generation(of: job, in: db)
            let select = try LoopStatement(
                "SELECT id, kind, from_key, to_key FROM gone_edge WHERE generation = ? ORDER BY id LIMIT ?", in: db)
            select.bind(1, generation)
            select.bind(2, Int64(limit))
            defer { select.reset() }
            var edges: [GoneEdge] = []
            while try select.next() {
                guard let kind = EdgeKind(storedNumber: select.integer(1)) else { continue }
                let edge = Edge(kind, from: select.text(2), to: select.text(3))
                edges.append(GoneEdge(rowID: select.integer(0), edge: edge))
            }
            return edges
        }
    }

    public func confirmGone(_ edges: [GoneEdge], report: ImportReport, of job: JobID) async throws {
        try await writeUnsynced { db in
            let delete = try db.cachedStatement(sql: "DELETE FROM gone_edge WHERE id = ?")
            for edge in edges { try delete.execute(arguments: [edge.rowID]) }
            try Self.add(report, toReportOf: job, in: db)
        }
    }
}
