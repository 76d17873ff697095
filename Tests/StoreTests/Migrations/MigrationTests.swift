import ConnectorCore
import Foundation
import GRDB
import Sandbox
import Testing

@testable import Store

/// Databases of earlier versions, each as the last program of that step of the schema left it after an initial import
/// and an incremental run without changes (`Upgrades` of the end-to-end tests writes them).
@Suite struct `A database of an earlier version` {
    static let steps = Migrations.migrator.migrations.indices.map { $0 + 1 }

    /// The one that the fixtures were imported from.
    private static func estate() -> Estate {
        Estate.generate(seed: 7, machines: 36, vulnerabilityRowsPerMachine: 4, alerts: 12) {
            EstateTime(milliseconds: 1_795_492_800_000)
        }
    }

    private let directory = TemporaryDirectory()

    private func open(step: Int) throws -> SQLiteStore {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/\(step).sql")
        let dump = try String(contentsOf: file, encoding: .utf8)
        let raw = try DatabaseQueue(path: directory.database)
        // The dump's own transaction stands inside this one.
        let statements = dump.replacing("BEGIN TRANSACTION;", with: "").replacing("COMMIT;", with: "")
        try raw.write { try $0.execute(sql: statements) }
        let applied = try raw.read(Migrations.migrator.appliedIdentifiers)
        #expect(applied.count == step, "the fixture is of another step")
        try raw.close()
        return try SQLiteStore(path: directory.database)
    }

    /// Every table with its columns and every index, in no order.
    private func schema(_ store: SQLiteStore) throws -> Set<String> {
        try store.read { db in
            let columns = try String.fetchAll(
                db,
                sql: """
                    SELECT l.name || '.' || i.name || ' ' || i.type || ' ' || i."notnull" || ' ' || i.pk || ' '
                        || ifnull(i.dflt_value, '-') || ' ' || l.strict || l.wr
                    FROM pragma_table_list l, pragma_table_info(l.name) i WHERE l.schema = 'main'
                    """)
            let indexes = try String.fetchAll(
                db, sql: "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            return Set(columns + indexes)
        }
    }

    @Test(arguments: steps) func `gets the newest schema and stays sound`(step: Int) throws {
        let store = try open(step: step)
        let fresh = try SQLiteStore.temporary()
        let (migrated, newest) = (try schema(store), try schema(fresh))
        #expect(migrated == newest)
        let (integrity, orphans) = try store.read { db in
            (
                try String.fetchOne(db, sql: "PRAGMA integrity_check"),
                try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").count
            )
        }
        #expect(integrity == "ok")
        #expect(orphans == 0)
        let jobs = try store.jobs(JobQuery()).jobs
        #expect(jobs.map(\.kind) == [.incremental, .initial])
        #expect(jobs.allSatisfy { $0.state == .succeeded && $0.connection == SandboxWorld.source })
        #expect(try store.scheduleMark(of: SandboxWorld.source, kind: .initial)?.expression == "0 3 1 1 *")
    }

    @Test(arguments: steps.dropFirst()) func `has a ledger that incremental runs go on with`(step: Int) async throws {
        let store = try open(step: step)
        let estate = Self.estate()
        var options = SandboxOptions()
        options.seed = 7
        let savePoint = try #require(
            try await SQLiteRunStore(writer: store.pool).ledger(of: SandboxWorld.source).savePoint)
        // Some of the fixtures were imported days after their estate was made.
        estate.advance(seconds: max(0, Double((Int64(savePoint) ?? 0) - estate.now.milliseconds) / 1000))
        let world = try SandboxWorld(options, estate: estate, database: store.pool)
        defer { world.end() }
        try await fill(world, savePoint: savePoint)
        estate.advance(seconds: 7200)

        try await run(world, 1)
        #expect(world.sandbox.car.counters.imports == 0, "what was known is sent again")
        #expect(world.sandbox.car.counters.edgePatches == 0)
        #expect(world.sandbox.car.counters.deleteCalls == 0)
        #expect(world.sandbox.car.counters.savePointWrites == 1)
        #expect(world.differences() == [])

        change(estate)
        try await run(world, 2)
        #expect(world.differences() == [])
        #expect(world.sandbox.car.counters.edgePatches > 0)
        #expect(world.sandbox.car.counters.deleteCalls == 1)
        #expect(world.sandbox.car.counters.sessionsEntered.isEmpty)
    }

    @Test func `without a ledger begins with an initial import`() async throws {
        let store = try open(step: 1)
        let world = try SandboxWorld(SandboxOptions(), estate: Self.estate(), database: store.pool)
        defer { world.end() }
        world.sandbox.car.setModelStateID("1795492800000", source: SandboxWorld.source)
        try await run(world, 1)
        #expect(world.differences() == [])
        #expect(world.sandbox.car.counters.sessionsLeft == [SandboxWorld.source: 1])
    }

    /// Gives CAR what the earlier version had imported into it.
    private func fill(_ world: SandboxWorld, savePoint: String) async throws {
        let empty = try DatabaseQueue()
        try Migrations.migrate(empty)
        try await world.run(job(world, 0, .initial), database: empty)
        world.sandbox.car.setModelStateID(savePoint, source: SandboxWorld.source)
        world.sandbox.car.resetCounters()
    }

    private func run(_ world: SandboxWorld, _ number: Int) async throws {
        let job = try job(world, number, .incremental)
        try await world.run(job)
        try await world.cleanUp(job)
    }

    private func job(_ world: SandboxWorld, _ number: Int, _ kind: JobKind) throws -> Job {
        let id = try #require(JobID(String(repeating: "0", count: 25) + String(number)))
        return Job(
            id: id, kind: kind, connection: SandboxWorld.source, state: .running, trigger: .command,
            createdAt: world.now)
    }

    private func change(_ estate: Estate) {
        estate.advance(seconds: 600)
        estate.mutate { state in
            let ids = state.machines.filter { $0.healthStatus == "Active" && $0.id.count == 40 }.map(\.id)
            state.changeAddress(of: ids[0], to: "10.77.0.1", macAddress: "02AABBCC0001")
            state.updateUsers(of: ids[1]) { $0 = [LogonUser(domain: "corp", name: "newcomer")] }
            state.updateUsers(of: ids[2]) { $0 = [] }
            state.updateSoftware(of: ids[3]) { if !$0.isEmpty { $0.removeFirst() } }
            state.updateSoftware(of: ids[4]) { $0 = [] }
            state.updateMachine(id: ids[5]) { $0.osPlatform = "Windows12" }
            state.updateMachine(id: ids[6]) { $0.computerDnsName = nil }
            _ = state.addMachine()
            for alert in state.alerts.filter({ $0.isOpen && $0.machineId != nil }).prefix(3) {
                _ = state.updateAlert(id: alert.id) { $0.status = "Resolved" }
            }
            let longAgo = state.now.adding(seconds: -16 * 86_400)
            state.updateMachine(id: ids[7], reports: false) { machine in
                machine.healthStatus = "Inactive"
                machine.lastSeen = longAgo
            }
        }
    }
}
