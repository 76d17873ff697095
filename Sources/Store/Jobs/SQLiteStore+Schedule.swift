import ConnectorCore
import GRDB

extension SQLiteStore: ScheduleStore {
    public func scheduleMark(of connection: String, kind: JobKind) throws -> ScheduleMark? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT expression, considered_until FROM schedule_ticks WHERE connection = ? AND kind = ?",
                arguments: [connection, kind.rawValue]
            ).map { row in
                ScheduleMark(
                    expression: row["expression"],
                    consideredUntil: Timestamp(milliseconds: row["considered_until"]))
            }
        }
    }

    public func save(_ mark: ScheduleMark, of connection: String, kind: JobKind) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO schedule_ticks (connection, kind, expression, considered_until) VALUES (?, ?, ?, ?)
                    ON CONFLICT (connection, kind) DO UPDATE
                    SET expression = excluded.expression, considered_until = excluded.considered_until
                    """,
                arguments: [connection, kind.rawValue, mark.expression, mark.consideredUntil.milliseconds])
        }
    }
}
