import ConnectorCore
import Foundation
import GRDB
import Threading

/// The work lists of runs and the ledgers, in SQLite.
///
/// Each call is one transaction on a private queue. A call is not cut short by the cancellation of its task: what a run
/// records when it is interrupted has to arrive.
public final class SQLiteRunStore: RunStore {
    let writer: any DatabaseWriter
    let cache = LedgerCache()
    private let worker = SerialWorker(label: "defender-car.run-store")
    private let logSync: LogSync

    public init(writer: any DatabaseWriter) {
        self.writer = writer
        logSync = LogSync(path: writer.path)
    }

    func write<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await worker.run { [writer] in
            try StoreError.translating(writer.path, "be written") { try writer.write(body) }
        }
    }

    /// A transaction that may be lost with the power, though not with the process: for what is only done again then.
    ///
    /// - Parameter committed: called with the result, before the store's next call begins.
    func writeUnsynced<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result,
        committed: @escaping @Sendable (Result) -> Void = { _ in }
    ) async throws -> Result {
        try await worker.run { [writer] in
            try StoreError.translating(writer.path, "be written") {
                try writer.writeUnsynced(body, committed: committed)
            }
        }
    }

    /// As durable as `write`; other calls go on while this one waits for the disk.
    func writeThenSync<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result,
        committed: @escaping @Sendable (Result) -> Void = { _ in }
    ) async throws -> Result {
        let result = try await writeUnsynced(body, committed: committed)
        try await logSync.run()
        return result
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await worker.run { [writer] in
            try StoreError.translating(writer.path, "be read") { try writer.read(body) }
        }
    }
}
