import ConnectorCore
import Foundation
import GRDB

/// A row of `jobs` and the job it stands for.
enum JobRow {
    static let columns = """
        id, kind, connection, state, trigger_kind, options, created_at, started_at, ended_at, attempt, effective_kind, \
        fallback_reason, save_point, progress, failure, version
        """

    static func job(_ row: Row) throws -> Job {
        Job(
            id: try value(row, "id") { JobID($0) },
            kind: try value(row, "kind") { JobKind(rawValue: $0) },
            connection: row["connection"],
            state: try value(row, "state") { JobState(rawValue: $0) },
            trigger: try value(row, "trigger_kind") { JobTrigger(rawValue: $0) },
            options: try json(row, "options"),
            createdAt: Timestamp(milliseconds: row["created_at"]),
            startedAt: time(row["started_at"]),
            endedAt: time(row["ended_at"]),
            attempt: row["attempt"],
            effectiveKind: (row["effective_kind"] as String?).flatMap(JobKind.init(rawValue:)),
            fallbackReason: row["fallback_reason"],
            savePoint: try json(row, "save_point"),
            progress: try json(row, "progress"),
            failure: try optionalJSON(row, "failure"),
            version: row["version"])
    }

    static func insert(_ job: Job, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO jobs (\(columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job.id.text, job.kind.rawValue, job.connection, job.state.rawValue, job.trigger.rawValue,
                try text(job.options), job.createdAt.milliseconds, job.startedAt?.milliseconds,
                job.endedAt?.milliseconds, job.attempt, job.effectiveKind?.rawValue, job.fallbackReason,
                try text(job.savePoint), try text(job.progress), try job.failure.map(text), job.version,
            ])
    }

    /// Writes every field that may change after creation, and the next version.
    static func update(_ job: Job, _ db: Database) throws -> Job {
        var next = job
        next.version += 1
        try db.execute(
            sql: """
                UPDATE jobs SET state = ?, options = ?, started_at = ?, ended_at = ?, attempt = ?, effective_kind = ?,
                    fallback_reason = ?, save_point = ?, progress = ?, failure = ?, version = ?
                WHERE id = ?
                """,
            arguments: [
                next.state.rawValue, try text(next.options), next.startedAt?.milliseconds,
                next.endedAt?.milliseconds, next.attempt, next.effectiveKind?.rawValue, next.fallbackReason,
                try text(next.savePoint), try text(next.progress), try next.failure.map(text), next.version,
                next.id.text,
            ])
        return next
    }

    static func fetch(_ id: JobID, _ db: Database) throws -> Job? {
        try first(db, "WHERE id = ?", [id.text])
    }

    static func first(_ db: Database, _ rest: String, _ arguments: StatementArguments = []) throws -> Job? {
        try Row.fetchOne(db, sql: "SELECT \(columns) FROM jobs \(rest)", arguments: arguments).map(job)
    }

    static func all(_ db: Database, _ rest: String, _ arguments: StatementArguments = []) throws -> [Job] {
        try Row.fetchAll(db, sql: "SELECT \(columns) FROM jobs \(rest)", arguments: arguments).map(job)
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func json<Value: Decodable>(_ row: Row, _ column: String) throws -> Value {
        guard let value: Value = try optionalJSON(row, column) else { throw unreadable(column) }
        return value
    }

    static func optionalJSON<Value: Decodable>(_ row: Row, _ column: String) throws -> Value? {
        guard let text = row[column] as String? else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch is DecodingError {
            throw unreadable(column)
        }
    }

    private static func value<Value>(_ row: Row, _ column: String, _ make: (String) -> Value?) throws -> Value {
        guard let value = make(row[column]) else { throw unreadable(column) }
        return value
    }

    private static func time(_ milliseconds: Int64?) -> Timestamp? {
        milliseconds.map(Timestamp.init(milliseconds:))
    }

    private static func unreadable(_ column: String) -> StoreError {
        .failed(operation: "be read", reason: "the column \(column) of a job holds something this version can't read")
    }
}
