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
    let known = KnownVertices()
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
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        let result = try await writeUnsynced(body)
        try await logSync.run()
        return result
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await worker.run { [writer] in
            try StoreError.translating(writer.path, "be read") { try writer.read(body) }
        }
    }
}

/// Vertices that CAR has confirmed, by key: saves the look-up of those that many batches share.
///
/// Holds a bounded number of one generation's CVEs and applications; forgetting some only costs a look-up.
final class KnownVertices: Sendable {
    private static let entriesMax = 200_000

    private let state = Locked((generation: Int64(0), entries: [VertexKey: ClaimedVertex]()))

    /// What is known of each key, in their order.
    func entries(of keys: some Collection<VertexKey>, generation: Int64) -> [ClaimedVertex?] {
        state.withLock { state in
            guard state.generation == generation, !state.entries.isEmpty else {
                return Array(repeating: nil, count: keys.count)
            }
            return keys.map { Self.isKept($0) ? state.entries[$0] : nil }
        }
    }

    func remove(_ keys: some Sequence<VertexKey>, generation: Int64) {
        state.withLock { state in
            guard state.generation == generation else { return }
            for key in keys where Self.isKept(key) { state.entries[key] = nil }
        }
    }

    /// Only what is committed may be added.
    func add(_ entries: [VertexKey: ClaimedVertex], generation: Int64) {
        state.withLock { state in
            if state.generation != generation || state.entries.count + entries.count > Self.entriesMax {
                state = (generation, [:])
            }
            for (key, entry) in entries where Self.isKept(key) { state.entries[key] = entry }
        }
    }

    func forget() {
        state.withLock { $0 = (0, [:]) }
    }

    /// What machines have in common.
    private static func isKept(_ key: VertexKey) -> Bool {
        key.collection == .vulnerability || key.collection == .application
    }
}
