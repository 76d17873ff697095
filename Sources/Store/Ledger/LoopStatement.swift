import GRDB
import GRDBSQLite

/// A prepared statement of a ledger's inner loop: bound and stepped without lists of arguments, which cost more than
/// the look-up itself.
///
/// Texts go in and come out by their length. GRDB's own end at the first NUL, so every text that comes from outside
/// passes through here.
///
/// Parameters count from 1, columns from 0. After the last row, or when no more are wanted, `reset` must be called.
struct LoopStatement {
    private let statement: Statement
    private let handle: OpaquePointer

    init(_ sql: String, in db: Database) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    func bind(_ parameter: Int32, _ value: Int64?) {
        if let value { sqlite3_bind_int64(handle, parameter, value) } else { sqlite3_bind_null(handle, parameter) }
    }

    func bind(_ parameter: Int32, _ text: String?) {
        guard var text else {
            sqlite3_bind_null(handle, parameter)
            return
        }
        text.withUTF8 { bytes in
            let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            bytes.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text(handle, parameter, characters.baseAddress, Int32(characters.count), copied)
            }
        }
    }

    func bind(_ parameter: Int32, _ blob: [UInt8]) {
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        _ = blob.withUnsafeBytes { sqlite3_bind_blob(handle, parameter, $0.baseAddress, Int32($0.count), copied) }
    }

    /// - Returns: whether there is a row.
    func next() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let connection = sqlite3_db_handle(handle)
            let error = DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)), sql: statement.sql)
            reset()
            throw error
        }
    }

    /// Steps over all rows.
    func run() throws {
        while try next() {}
        reset()
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    /// Valid until the next row.
    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        let bytes = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column)))
    }

    /// Not for a column that is NULL.
    func text(_ column: Int32) -> String { optionalText(column) ?? "" }

    func optionalText(_ column: Int32) -> String? {
        // The bytes before their count: SQLite may convert them when asked for a text.
        guard let bytes = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func reset() {
        sqlite3_reset(handle)
    }
}
