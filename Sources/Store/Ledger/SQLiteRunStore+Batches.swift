import ConnectorCore
import GRDB

extension SQLiteRunStore {
    public func planBatch(
        _ batch: BatchGraph, of job: JobID, claim: @escaping @Sendable ([VertexID]) -> Set<VertexID>
    ) async throws -> BatchPlan {
        try await writeThenSync { [cache] db in
            let generation = try Self.generation(of: job, in: db)
            var planner = try BatchPlanner(
                db: db, generation: generation, cached: cache.take(generation: generation))
            let plan = try planner.run(batch, claim: claim)
            if planner.newMachines > 0 {
                // Their alerts may be older than any window. Kept until a run has read them, not only for this one.
                let update = try db.cachedStatement(
                    sql: """
                        UPDATE ledger SET open_alerts_due = 1
                        WHERE connection = (SELECT connection FROM run WHERE job_id = ?)
                        """)
                try update.execute(arguments: [job.text])
            }
            return (plan: plan, cached: planner.cached)
        } committed: { [cache] in
            cache.put($0.cached)
        }.plan
    }

    public func cvesWithoutText(_ cves: [CVE], of job: JobID) async throws -> [String] {
        let briefs = try await confirmedBriefs(ofCVEs: cves.map(\.id), of: job)
        return zip(cves, briefs).filter { $1 != GraphMapper.vertex(of: $0).briefFingerprint }.map(\.0.id)
    }

    /// Of each CVE what `Vertex.storedBrief` was when CAR confirmed it, in their order; `nil` where CAR may lack it.
    func confirmedBriefs(ofCVEs ids: [String], of job: JobID) async throws -> [Int64?] {
        guard !ids.isEmpty else { return [] }
        return try await read { [cache] db in
            let generation = try Self.generation(of: job, in: db)
            let rows = try VertexRows(generation: generation, in: db)
            let openPlans = try LedgerRows.openPlans(in: db)
            // Nothing is written meanwhile: the store's calls follow one another.
            var cached = cache.take(generation: generation)
            defer { cache.put(cached) }
            return try ids.map { id in
                let key = VertexKey(.vulnerability, id)
                if let row = cached.vertices[key] { return row.confirmedBrief(openPlans) }
                guard let row = try rows.find(key) else { return nil }
                cached.set(row, of: key)
                return row.confirmedBrief(openPlans)
            }
        }
    }

    public func confirmBatch(_ number: Int, plan: BatchPlan, report: ImportReport, of job: JobID) async throws {
        // Lost with the power, the batch is sent again.
        try await writeUnsynced { db in
            try db.cachedStatement(sql: "DELETE FROM open_plan WHERE token = ?").execute(arguments: [plan.token])
            try db.cachedStatement(sql: "UPDATE run_batch SET done = 1 WHERE job_id = ? AND number = ?")
                .execute(arguments: [job.text, number])
            try Self.add(report, toReportOf: job, in: db)
        }
    }
}
