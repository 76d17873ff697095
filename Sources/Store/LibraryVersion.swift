import GRDBSQLite

extension SQLiteStore {
    /// Of the SQLite that is loaded, such as `SQLite 3.40.1`.
    public static var libraryVersion: String {
        "SQLite " + String(cString: sqlite3_libversion())
    }
}
