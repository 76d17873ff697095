import ConnectorCore
import GRDB

extension SQLiteRunStore {
    public func planBatch(
        _ batch: BatchGraph, of job: JobID, claim: @escaping @Sendable ([VertexID]) -> Set<VertexID>
    ) async throws -> BatchPlan {
        try await writeThenSync { [known] db in
            let generation = try Self.generation(of: job, in: db)
            var planner = try BatchPlanner(db: db, generation: generation)
            let plan = try planner.run(
                batch, known: known.entries(of: batch.vertices.lazy.map(\.id), generation: generation), claim: claim)
            if planner.newMachines > 0 {
                // Their alerts may be older than any window. Kept until a run has read them, not only for this one.
                let update = try db.cachedStatement(
                    sql: """
                        UPDATE ledger SET open_alerts_due = 1
                        WHERE connection = (SELECT connection FROM run WHERE job_id = ?)
                        """)
                try update.execute(arguments: [job.text])
            }
            // Here, because the store's calls follow one another and their callers do not.
            known.add(planner.confirmed, generation: generation)
            // Until CAR has confirmed them, what it has of these is not known.
            known.remove(plan.claimed.keys, generation: generation)
            return plan
        }
    }

    public func cvesWithoutText(_ cves: [CVE], of job: JobID) async throws -> [String] {
        guard !cves.isEmpty else { return [] }
        return try await read { [known] db in
            let generation = try Self.generation(of: job, in: db)
            let keys = cves.map { VertexKey(.vulnerability, $0.id) }
            let confirmed = known.entries(of: keys, generation: generation)
            let rows = try VertexRows(generation: generation, in: db)
            let openPlans = try LedgerRows.openPlans(in: db)
            var wanted: [String] = []
            var found: [VertexKey: ClaimedVertex] = [:]
            for (index, cve) in cves.enumerated() {
                let key = keys[index]
                var entry = confirmed[index]
                if entry == nil {
                    entry = try rows.find(key)?.confirmed(openPlans)
                    found[key] = entry
                }
                let brief = entry?.brief
                if brief != GraphMapper.vertex(of: cve).briefFingerprint { wanted.append(cve.id) }
            }
            known.add(found, generation: generation)
            return wanted
        }
    }

    public func confirmBatch(_ number: Int, plan: BatchPlan, report: ImportReport, of job: JobID) async throws {
        // Lost with the power, the batch is sent again.
        _ = try await writeUnsynced { db in
            let generation = try Self.generation(of: job, in: db)
            try db.cachedStatement(sql: "DELETE FROM open_plan WHERE token = ?").execute(arguments: [plan.token])
            try db.cachedStatement(sql: "UPDATE run_batch SET done = 1 WHERE job_id = ? AND number = ?")
                .execute(arguments: [job.text, number])
            try Self.add(report, toReportOf: job, in: db)
            return generation
        } committed: { [known] generation in
            known.add(plan.claimed, generation: generation)
        }
    }
}
