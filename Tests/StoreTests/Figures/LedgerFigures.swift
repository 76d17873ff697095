import ConnectorCore
import Foundation
import GRDB
import Testing
import Threading

@testable import Store

/// How large and how fast the ledger is; prints figures (`bench/ledger` runs it, in a release build). Everything else of
/// a run answers at once, so the time of the store's calls is the ledger's and the work list's own.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["DEFENDER_CAR_FIGURES"] != nil)) struct `Figures of the ledger`
{
    /// Confirms everything and counts it.
    private final class CountingCAR: CARWriting {
        private let state = Locked((objects: 0, patches: 0, modelStateID: String?.none))

        var objects: Int { state.withLock { $0.objects } }
        var patches: Int { state.withLock { $0.patches } }

        func prepareDatabase(willChange: @Sendable () async throws -> Void) async throws -> Bool { false }
        func modelStateID() async throws -> String? { state.withLock { $0.modelStateID } }
        func saveModelStateID(_ id: String) async throws { state.withLock { $0.modelStateID = id } }
        func requestFullImportStart() async throws -> String { "start" }
        func requestFullImportEnd() async throws -> String { "end" }
        func waitForJob(_ id: String) async throws {}
        func importObjects(_ objects: GraphObjects, report: RunIdentity) async throws -> Int {
            state.withLock { $0.objects += objects.count }
            return objects.count
        }
        func disable(_ edge: Edge) async throws -> Bool {
            state.withLock { $0.patches += 1 }
            return true
        }
        func touch(_ edge: Edge, lastModified: Timestamp) async throws -> Bool { true }
        func delete(_ collection: VertexCollection, keys: [String]) async throws {}
        var requestCount: Int { 0 }
    }

    private static func number(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    private let directory = TemporaryDirectory()
    private let car = CountingCAR()
    private let rows = number("ROWS", 100)

    /// - Returns: seconds in all, and seconds by call of the store.
    private func run(_ store: SQLiteStore, _ kind: JobKind, machines: Int, seen: Int, number: Int) async throws
        -> (wall: Double, store: [String: Double])
    {
        let time = Timestamp(milliseconds: 1_795_492_800_000).adding(seconds: Int64(number) * 3600)
        let id = try #require(JobID(String(repeating: "0", count: 25) + String(number)))
        let job = Job(
            id: id, kind: kind, connection: "large", state: .running, trigger: .command, createdAt: time)
        let runs = SQLiteRunStore(writer: store.pool)
        let lifeline = Lifeline()
        let ports = RunPorts(
            defender: LargeTenant(machines: machines, rows: rows, seen: seen), car: car,
            store: FaultyStore(store: runs, lifeline: lifeline), record: { _ in }, now: { time })
        let start = ContinuousClock.now
        // One batch at a time, so that no call waits for another's turn.
        try await ImportRun(job: job, ports: ports, options: RunOptions(batchesInFlight: 1)).run()
        let wall = ContinuousClock.now - start
        try await runs.cleanUp(id, connection: "large")
        return (wall / .seconds(1), lifeline.durations.mapValues { $0 / .seconds(1) })
    }

    private func tell(_ name: String, _ figures: (wall: Double, store: [String: Double])) {
        let total = figures.store.values.reduce(0, +)
        let calls = figures.store.filter { $0.value >= 0.01 }.sorted { $0.value > $1.value }
            .map { "\($0.key.dropFirst("store.".count)) \(String(format: "%.2f", $0.value))" }
        print(
            "\(name): store \(String(format: "%.2f", total)) s of \(String(format: "%.2f", figures.wall)) s "
                + "(\(calls.joined(separator: ", ")))")
    }

    /// Prints what takes how much of the file, and returns its bytes.
    private func size(of store: SQLiteStore) throws -> Int {
        try store.pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.database)
        let bytes = try #require(attributes[.size] as? Int)
        print("on disk: \(bytes / 1_000_000) MB")
        let tables = try store.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT name, sum(pgsize) / 1000000 AS mb FROM dbstat GROUP BY name HAVING mb > 0 ORDER BY 2 DESC")
        }
        for table in tables { print("  \(table["name"] as String): \(table["mb"] as Int) MB") }
        return bytes
    }

    @Test func `are its size and the time for machines known and new`() async throws {
        let machines = Self.number("MACHINES", 100_000)
        let seen = min(machines, 10_000)
        let store = try SQLiteStore(path: directory.database)
        let initial = try await run(store, .initial, machines: machines, seen: 0, number: 1)
        tell("initial import, \(machines) machines x \(rows) rows", initial)
        let bytes = try size(of: store)
        let before = car.objects
        for number in 2...3 {
            let figures = try await run(store, .incremental, machines: machines, seen: seen, number: number)
            tell("\(seen) unchanged machines", figures)
        }
        #expect(car.objects == before && car.patches == 0, "nothing had changed")
        let few = try await run(store, .incremental, machines: machines, seen: 200, number: 4)
        tell("200 unchanged machines", few)
        #expect(bytes < 500_000_000 || machines > 100_000)
    }
}
