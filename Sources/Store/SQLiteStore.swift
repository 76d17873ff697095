import ConnectorCore
import Foundation
import GRDB
import Threading

/// The embedded database of one service: jobs, run work lists, the ledger.
///
/// One process at a time opens a state directory. Every commit is on disk before the call returns (`synchronous=FULL` in
/// WAL mode), because the answer 202 promises that the job survives a loss of power. A commit costs one fsync, so batch
/// rows into transactions.
///
/// Calls block: make them on server threads or a `SerialWorker`, never on the cooperative pool.
public final class SQLiteStore: Sendable {
    public static let fileName = "defender-car.sqlite"

    /// One writer, several readers. Prefer `read` and `write`, which give errors an operator understands.
    public let pool: DatabasePool
    public let path: String
    /// How many ended jobs are kept, beside the newest of each connection and kind.
    let endedJobsKept: Int
    let changes = JobChangeFeed()
    private let writes = Locked<UInt64>(0)
    let writableProbe = Locked<ContinuousClock.Instant?>(nil)
    private let lock: StateDirectoryLock
    private let temporaryDirectory: String?

    /// Opens or creates the database at `path`; creates its directory with mode 0700.
    ///
    /// - Parameters:
    ///   - lockWait: how long to wait for another process that uses the directory.
    ///   - endedJobsKept: older ended jobs are deleted with their reports.
    /// - Throws: `StoreError`
    public convenience init(path: String, lockWait: Duration = .zero, endedJobsKept: Int = 10_000) throws {
        try self.init(path: path, lockWait: lockWait, endedJobsKept: endedJobsKept, temporaryDirectory: nil)
    }

    /// Opens or creates `defender-car.sqlite` in the directory.
    public convenience init(stateDirectory: String, lockWait: Duration = .zero) throws {
        try self.init(path: stateDirectory + "/" + Self.fileName, lockWait: lockWait)
    }

    /// A store in a new temporary directory, which goes away with it.
    public static func temporary(endedJobsKept: Int = 10_000) throws -> SQLiteStore {
        let directory = FileManager.default.temporaryDirectory.path + "/defender-car-" + UUID().uuidString
        return try SQLiteStore(
            path: directory + "/" + fileName, lockWait: .zero, endedJobsKept: endedJobsKept,
            temporaryDirectory: directory)
    }

    private init(path: String, lockWait: Duration, endedJobsKept: Int, temporaryDirectory: String?) throws {
        let directory = try Self.prepareDirectory(of: path)
        lock = try StateDirectoryLock(directory: directory, wait: lockWait)
        self.path = path
        self.endedJobsKept = endedJobsKept
        self.temporaryDirectory = temporaryDirectory
        pool = try StoreError.translating(path, "be opened") {
            try Self.createPrivateFile(path, in: directory)
            let pool = try DatabasePool(path: path, configuration: Self.configuration)
            // The pool itself sets NORMAL when it opens, so this comes after.
            try pool.writeWithoutTransaction { db in
                // The batches of an import change the same pages: 16 MB of log keep most of them from being copied twice.
                try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
            }
            try Migrations.migrate(pool)
            return pool
        }
    }

    deinit {
        // A directory left over in the temporary folder harms nobody.
        if let temporaryDirectory { try? FileManager.default.removeItem(atPath: temporaryDirectory) }
    }

    /// Gives back what the connections have cached of the database; waits for the transactions under way.
    public func releaseMemory() {
        pool.releaseMemory()
    }

    /// Closes the database and lets another process open the directory. Later calls throw `StoreError`.
    public func close() throws {
        // The pool closes its writer first and its readers can't clean up after it. A log that stays is read at the next
        // start, so a failure here loses nothing.
        try? pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        try StoreError.translating(path, "be closed") { try pool.close() }
        lock.release()
    }

    /// Runs `body` in a read transaction.
    ///
    /// - Throws: `StoreError` for what SQLite reports, otherwise what `body` throws.
    public func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try StoreError.translating(path, "be read") { try pool.read(body) }
    }

    /// Runs `body` in a write transaction, which is undone if it throws.
    ///
    /// - Throws: `StoreError` for what SQLite reports, otherwise what `body` throws.
    public func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        // Also where it seems to have failed.
        defer { writes.withLock { $0 += 1 } }
        return try StoreError.translating(path, "be written") { try pool.write(body) }
    }

    /// As `write`, but may be lost with the power.
    func writeUnsynced<Result>(_ body: (Database) throws -> Result) throws -> Result {
        defer { writes.withLock { $0 += 1 } }
        return try StoreError.translating(path, "be written") { try pool.writeUnsynced(body) }
    }

    /// Grows with every write, before `write` returns.
    public var revision: UInt64 { writes.withLock { $0 } }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        return configuration
    }

    private static func prepareDirectory(of path: String) throws -> String {
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            throw StoreError.unwritable(
                directory: directory, reason: (cause ?? error as NSError).localizedDescription)
        }
        return directory
    }

    /// SQLite gives its side files the mode of the database, so this keeps all of them private, whatever the umask.
    private static func createPrivateFile(_ path: String, in directory: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw StoreError.unwritable(directory: directory, reason: "can't create \(path)") }
    }
}
