import ConnectorCore
import Testing

@testable import Store

/// Names that differ only in what databases and languages like to overlook.
@Suite struct `Names on their way through the ledger` {
    /// One ends another at a NUL, two read the same.
    private static let names = [
        "ann", "ann\0", "ann\0a", "ann\0b", "\0", "\u{E9}", "e\u{301}", "a\u{300}\u{316}", "a\u{316}\u{300}",
    ]

    private func world() throws -> World {
        let world = try World()
        world.estate { estate in
            for (number, name) in Self.names.enumerated() {
                let id = estate.add(
                    number + 1, users: [name],
                    findings: [Finding(software: "v:\(name):1", cve: "CVE-\(name)"), Finding(software: name, cve: nil)])
                estate.change(id) { device in
                    device.platform = "Windows \(name)"
                    device.version = "23\(name)H2"
                }
                estate.alert("alert \(name)", on: id, title: name)
            }
        }
        return world
    }

    @Test func `stay apart and whole`() async throws {
        let world = try world()
        try await world.run(.initial)
        #expect(world.differences() == [])
        let accounts = world.car.graph.vertices.keys.filter { $0.collection == .account }
        #expect(Set(accounts.map { Array($0.key.utf8) }) == Set(Self.names.map { Array($0.utf8) }))
        // Nothing has changed, and the ledger knows it.
        let imports = world.car.graph.edges.count
        world.estate { $0.pass(seconds: 60) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        #expect(world.car.graph.edges.count == imports)
    }

    @Test func `are disabled one by one`() async throws {
        let world = try world()
        try await world.run(.initial)
        for (number, name) in Self.names.enumerated() {
            world.estate { estate in
                estate.pass(seconds: 60)
                estate.change(FakeEstate.id(number + 1)) { device in
                    device.users = []
                    device.findings = []
                    device.platform = "Windows"
                }
                estate.alert("alert \(name)", on: FakeEstate.id(number + 1), status: "Resolved", title: name)
            }
            try await world.run(.incremental)
            #expect(world.differences() == [], "\(name)")
        }
    }

    @Test func `come off the work list as they went on it`() async throws {
        let world = try World()
        let job = try world.job(.initial)
        let store = SQLiteRunStore(writer: world.database)
        let opened = try await store.openRun(job.id, connection: World.connection, now: world.now)
        let checkpoint = try await store.beginGeneration(opened, of: job.id, connection: World.connection)
        let machines = Self.names.enumerated().map { number, name in
            Machine(
                id: FakeEstate.id(number), computerDnsName: name, osPlatform: name, version: name, lastIpAddress: name,
                lastExternalIpAddress: name, healthStatus: name)
        }
        _ = try await store.addMachines(
            machines, deletions: [], isAgain: false, checkpoint: checkpoint, report: ImportReport(), of: job.id)
        let number = try #require(try await store.unfinishedBatches(of: job.id, size: 100).first)
        let entries = try await store.startBatch(number, of: job.id).entries
        #expect(entries.count == machines.count)
        for (entry, machine) in zip(entries, machines) {
            let texts = [entry.machine, machine].map { machine in
                [
                    machine.computerDnsName, machine.osPlatform, machine.version, machine.lastIpAddress,
                    machine.lastExternalIpAddress, machine.healthStatus,
                ].map { Array(($0 ?? "").utf8) }
            }
            #expect(texts[0] == texts[1])
        }
    }
}
