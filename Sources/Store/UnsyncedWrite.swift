import ConnectorCore
import Foundation
import GRDB
import Threading

extension DatabaseWriter {
    /// A transaction that may be lost with the power, though not with the process, and only together with all that came
    /// after it: for what is done again then, and for what `LogSync` takes to the disk.
    func writeUnsynced<Result>(
        _ body: (Database) throws -> Result, committed: (Result) -> Void = { _ in }
    ) throws -> Result {
        try writeWithoutTransaction { db in
            try db.cachedStatement(sql: "PRAGMA synchronous = NORMAL").execute()
            let result: Result
            do {
                result = try transaction(in: db, body)
            } catch {
                try synchronizeAgain(db)
                throw error
            }
            committed(result)
            try synchronizeAgain(db)
            return result
        }
    }

    private func transaction<Result>(in db: Database, _ body: (Database) throws -> Result) throws -> Result {
        var result: Result?
        try db.inTransaction {
            result = try body(db)
            return .commit
        }
        guard let result else { throw DatabaseError(message: "a transaction ended without its result") }
        return result
    }

    /// Where it fails, so does the write: the commits after it would be lost with the power too, and nobody would know.
    private func synchronizeAgain(_ db: Database) throws {
        try db.cachedStatement(sql: "PRAGMA synchronous = FULL").execute()
    }
}

/// Takes what is committed to the disk, beside the transactions that follow: a batch waits two milliseconds for its own
/// lines of the log, and nobody else waits with it.
final class LogSync: Sendable {
    private let path: String
    private let worker = SerialWorker(label: "defender-car.log-sync")

    /// - Parameter path: of the database.
    init(path: String) {
        self.path = path
    }

    /// Returns when everything that was committed before the call is on the disk.
    ///
    /// - Throws: `StoreError`
    func run() async throws {
        // Of tests.
        if path == ":memory:" { return }
        try await worker.run { [path] in
            // Without a log file the database file holds everything.
            let name = access(path + "-wal", F_OK) == 0 ? path + "-wal" : path
            let file = open(name, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw Self.failure(path, errno) }
            defer { close(file) }
            guard fdatasync(file) == 0 else { throw Self.failure(path, errno) }
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> StoreError {
        if code == ENOSPC || code == EDQUOT { return .diskFull(path: path) }
        return .failed(operation: "be written to the disk", reason: String(cString: strerror(code)))
    }
}
