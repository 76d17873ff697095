import ConnectorCore
import GRDB

/// Jobs whose end is still to be told.
enum WebhookTables {
    static func create(_ db: Database) throws {
        try db.execute(sql: "CREATE TABLE webhook_due (job_id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID")
    }
}

extension SQLiteStore {
    /// Remembers that the end of a job has to be told; once is enough.
    public func addWebhook(of job: JobID) throws {
        try write { db in
            try db.execute(sql: "INSERT OR IGNORE INTO webhook_due (job_id) VALUES (?)", arguments: [job.text])
        }
    }

    /// The end of the job was told, or can't be.
    public func removeWebhook(of job: JobID) throws {
        try write { db in try db.execute(sql: "DELETE FROM webhook_due WHERE job_id = ?", arguments: [job.text]) }
    }

    /// Whether the end of the job is still to be told.
    public func isWebhookDue(_ job: JobID) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM webhook_due WHERE job_id = ?)", arguments: [job.text]) ?? false
        }
    }

    /// The first 1000 jobs whose end was not told yet, the oldest first; also those that have not ended.
    public func dueWebhooks() throws -> [JobID] {
        try read { db in
            try String.fetchAll(db, sql: "SELECT job_id FROM webhook_due ORDER BY job_id LIMIT 1000").compactMap(
                JobID.init)
        }
    }
}
