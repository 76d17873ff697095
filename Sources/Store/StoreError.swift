import GRDB

/// Why the store can't be opened or used. The descriptions are for operators: they name the file and the way out.
public enum StoreError: Error, Sendable, Equatable {
    /// The state directory can't be created or written.
    case unwritable(directory: String, reason: String)
    /// Another process uses the directory; `pid` where it could be read.
    case inUse(directory: String, pid: Int32?)
    /// A later version of the service has changed the database. The numbers are those of the last migrations.
    case newerDatabase(found: Int, known: Int)
    /// The file is no SQLite database, or its content contradicts itself.
    case damaged(path: String, reason: String)
    /// The disk that holds the database is full.
    case diskFull(path: String)
    /// SQLite refused an operation for another reason.
    case failed(operation: String, reason: String)
    case closed
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unwritable(let directory, let reason):
            "the state directory \(directory) can't be written: \(reason); STATE_DIR must name a directory on a local "
                + "disk that the service may write"
        case .inUse(let directory, let pid):
            "the state directory \(directory) is in use by another process\(pid.map { " (pid \($0))" } ?? ""); "
                + "every service needs a STATE_DIR of its own"
        case .newerDatabase(let found, let known):
            "the database was written by a newer version: it has schema \(found), this version knows \(known); "
                + "run the newer version, or use an empty STATE_DIR"
        case .damaged(let path, let reason):
            "the database \(path) is damaged (\(reason)); move it away together with the files \(path)-wal and "
                + "\(path)-shm and start again: one initial import rebuilds it, only the history of jobs is lost"
        case .diskFull(let path): "the disk that holds \(path) is full"
        case .failed(let operation, let reason): "the database could not \(operation): \(reason)"
        case .closed: "the store is closed"
        }
    }
}

extension StoreError {
    /// What a SQLite error means for the operator. SQLite's own message names no values.
    init(_ error: DatabaseError, path: String, operation: String) {
        let reason = error.message ?? "SQLite result \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_FORMAT: self = .damaged(path: path, reason: reason)
        case .SQLITE_FULL: self = .diskFull(path: path)
        case .SQLITE_MISUSE: self = .closed
        default: self = .failed(operation: operation, reason: reason)
        }
    }

    /// Runs `body`; what SQLite reports becomes a `StoreError`.
    ///
    /// - Parameter operation: what the database could not do then, such as `be read`.
    static func translating<Result>(
        _ path: String, _ operation: String, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreError(error, path: path, operation: operation)
        }
    }
}
