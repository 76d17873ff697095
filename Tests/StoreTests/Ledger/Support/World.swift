import ConnectorCore
import GRDB
import Testing
import Threading

@testable import Store

/// Defender, CAR and a store around one connection, and the jobs that run between them.
final class World: Sendable {
    static let connection = "defender"

    let defender: FakeDefender
    let car = RecordingCAR()
    let database: DatabaseQueue
    private let jobs = Locked(0)

    init(_ estate: FakeEstate = FakeEstate()) throws {
        defender = FakeDefender(estate)
        database = try DatabaseQueue()
        try Migrations.migrate(database)
    }

    var now: Timestamp { defender.estate.withLock(\.now) }

    @discardableResult
    func estate<Result>(_ body: (inout FakeEstate) -> Result) -> Result { defender.estate.withLock(body) }

    func job(_ kind: JobKind, _ options: JobOptions = JobOptions()) throws -> Job {
        let number = jobs.withLock { count in
            count += 1
            return count
        }
        let digits = String(number)
        let id = try #require(JobID(String(repeating: "0", count: 26 - digits.count) + digits))
        return Job(
            id: id, kind: kind, connection: Self.connection, state: .running, trigger: .command, options: options,
            createdAt: now)
    }

    /// Runs or continues a job in a process of its own.
    func run(
        _ job: Job, options: RunOptions = .small, lifeline: Lifeline = Lifeline(),
        record: @escaping @Sendable (JobUpdate) -> Void = { _ in }
    ) async throws {
        let ports = RunPorts(
            defender: FakeDefender.Port(defender: defender, lifeline: lifeline),
            car: RecordingCAR.Port(car: car, lifeline: lifeline),
            store: FaultyStore(store: SQLiteRunStore(writer: database), lifeline: lifeline),
            record: { update in record(update) }, now: { [defender] in defender.estate.withLock(\.now) })
        try await ImportRun(job: job, ports: ports, options: options).run()
    }

    func run(_ kind: JobKind, _ chosen: JobOptions = JobOptions(), options: RunOptions = .small) async throws {
        try await run(job(kind, chosen), options: options)
    }

    func report(of job: Job) async throws -> ImportReport {
        try await SQLiteRunStore(writer: database).report(ofRun: job.id)
    }

    func cleanUp(_ job: Job) async throws {
        try await SQLiteRunStore(writer: database).cleanUp(job.id, connection: Self.connection)
    }

    func ledger() async throws -> LedgerState {
        try await SQLiteRunStore(writer: database).ledger(of: Self.connection)
    }

    /// How CAR differs from what the estate implies; empty where it doesn't.
    func differences() -> [String] {
        let (expected, car) = (ExpectedGraph(estate { $0 }), car.graph)
        let active = Set(car.edges.filter(\.value.isActive).keys)
        var differences = car.violations
        differences += expected.edges.subtracting(active).map { "missing \($0)" }
        differences += active.subtracting(expected.edges).map { "left over \($0)" }
        let assets = Set(car.vertices.keys.filter { $0.collection == .asset }.map(\.key))
        differences += Set(expected.assets.keys).symmetricDifference(assets).map { "asset \($0)" }
        for (key, names) in expected.assets {
            if let asset = car.vertices[VertexKey(.asset, key)], [asset.name, asset.description] != names {
                differences.append("asset \(key) is \(asset)")
            }
        }
        for (id, title) in expected.alerts where car.vertices[VertexKey(.vulnerability, id)]?.name != title {
            differences.append("alert \(id) is not titled \(title)")
        }
        for edge in active {
            for end in [VertexKey(edge.kind.ends.from, edge.from), VertexKey(edge.kind.ends.to, edge.to)]
            where car.vertices[end] == nil {
                differences.append("\(edge) dangles")
            }
        }
        return differences.sorted()
    }
}

extension RunOptions {
    /// Small pages and batches, so that a small estate has many; deletions unguarded.
    static let small = RunOptions(
        deleteGuardMachines: 1000, machinesPerPage: 4, alertsPerPage: 3, machinesPerBatch: 3, batchesInFlight: 2)
}
