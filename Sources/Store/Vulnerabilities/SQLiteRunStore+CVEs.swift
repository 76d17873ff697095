import ConnectorCore
import GRDB

extension SQLiteRunStore {
    public func cvesToComplete(_ ids: [String], of job: JobID) async throws -> [String] {
        zip(ids, try await confirmedBriefs(ofCVEs: ids, of: job)).filter { $1 == nil }.map(\.0)
    }

    public func cveTexts(of ids: [String], job: JobID) async throws -> [String: CVE] {
        guard !ids.isEmpty else { return [:] }
        return try await read { db in
            let select = try db.cachedStatement(
                sql: "SELECT cve, description, published, score FROM run_cve WHERE job_id = ? AND cve = ?")
            var texts: [String: CVE] = [:]
            for id in ids { texts[id] = try Row.fetchOne(select, arguments: [job.text, id]).map(Self.cve) }
            return texts
        }
    }

    public func knownCVETexts(after id: String, limit: Int, of job: JobID) async throws -> [CVE] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT cve, description, published, score FROM run_cve
                    WHERE job_id = ?1 AND cve > ?2 AND EXISTS
                        (SELECT 1 FROM vertex WHERE generation = ?3 AND collection = ?4 AND key = cve)
                    ORDER BY cve LIMIT ?5
                    """,
                arguments: [
                    job.text, id, try Self.generation(of: job, in: db), VertexCollection.vulnerability.storedNumber,
                    limit,
                ]
            ).map(Self.cve)
        }
    }

    private static func cve(_ row: Row) -> CVE {
        CVE(
            id: row[0], description: row[1], publishedOn: (row[2] as Int64?).map(Timestamp.init(milliseconds:)),
            baseScore: row[3])
    }

    // MARK: How far a ledger has followed

    public func vulnerabilityProgress(of connection: String) async throws -> VulnerabilityProgress {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT changes_through, texts_through FROM export_progress
                    WHERE generation = (SELECT generation FROM ledger WHERE connection = ?)
                    """, arguments: [connection])
            guard let row else { return VulnerabilityProgress() }
            return VulnerabilityProgress(
                changesThrough: (row[0] as Int64?).map(Timestamp.init(milliseconds:)),
                textsThrough: (row[1] as Int64?).map(Timestamp.init(milliseconds:)))
        }
    }

    public func record(_ progress: VulnerabilityProgress, of job: JobID) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO export_progress (generation, changes_through, texts_through)
                    VALUES (?, ?, ?)
                    """,
                arguments: [
                    try Self.generation(of: job, in: db), progress.changesThrough?.milliseconds,
                    progress.textsThrough?.milliseconds,
                ])
        }
    }
}
