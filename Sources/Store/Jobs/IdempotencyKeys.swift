import ConnectorCore
import GRDB

/// The keys with which clients repeat a request safely.
enum IdempotencyKeys {
    enum Use: Equatable {
        case new
        case same(JobID)
        case conflict
    }

    static let keptSeconds: Int64 = 24 * 3600
    /// More than this many within 24 hours: the oldest are forgotten, so the table stays bounded.
    static let keptMax: Int64 = 100_000

    static func use(of key: String, for request: JobRequest, _ db: Database) throws -> Use {
        let found = try Row.fetchOne(
            db, sql: "SELECT fingerprint, job_id FROM idempotency_keys WHERE key = ?", arguments: [key])
        guard let found, let id = JobID(found["job_id"] as String) else { return .new }
        return found["fingerprint"] == fingerprint(request) ? .same(id) : .conflict
    }

    static func remember(_ key: String, of request: JobRequest, job: JobID, now: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO idempotency_keys (key, fingerprint, job_id, created_at) VALUES (?, ?, ?, ?)",
            arguments: [key, fingerprint(request), job.text, now.milliseconds])
        let number = db.lastInsertedRowID
        try db.execute(sql: "DELETE FROM idempotency_keys WHERE number <= ?", arguments: [number - keptMax])
    }

    static func forgetOld(now: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM idempotency_keys WHERE created_at <= ?",
            arguments: [now.adding(seconds: -keptSeconds).milliseconds])
    }

    /// What makes two requests the same: all that the client chose.
    private static func fingerprint(_ request: JobRequest) -> String {
        func word(_ choice: Bool?) -> String { choice.map(String.init) ?? "default" }
        return [
            request.kind.rawValue, word(request.options.alerts), word(request.options.vulnerabilities),
            request.connection,
        ].joined(separator: " ")
    }
}
