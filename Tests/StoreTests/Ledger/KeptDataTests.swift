import ConnectorCore
import GRDB
import Testing

@testable import Store

/// An initial import without alerts or vulnerabilities, or one that is told a machine has no list of users, leaves in CAR
/// what it does not read.
@Suite struct `Data that an initial import does not read` {
    static let off = [
        JobOptions(alerts: false), JobOptions(vulnerabilities: false),
        JobOptions(alerts: false, vulnerabilities: false),
    ]

    /// Ten machines with shared and own software, CVEs, users and alerts, imported whole.
    private func imported() async throws -> World {
        let world = try World()
        world.estate { estate in
            estate.cves["CVE-1"] = CVE(id: "CVE-1", description: "one", baseScore: 5)
            for number in 1...10 {
                estate.add(
                    number, users: ["ann", "user\(number)"],
                    findings: [
                        Finding(software: "v:s:1", cve: "CVE-1"), Finding(software: "v:s:\(number)", cve: "CVE-2"),
                        Finding(software: nil, cve: "CVE-\(number)"),
                    ])
                estate.alert("alert\(number)", on: FakeEstate.id(number), title: "Title \(number)")
            }
        }
        let job = try world.job(.initial)
        try await world.run(job)
        try await world.cleanUp(job)
        world.estate { $0.pass(seconds: 3600) }
        world.car.clearLog()
        return world
    }

    /// New, gone and other alerts, software, users and machines.
    private func change(_ world: World) {
        world.estate { estate in
            estate.change(FakeEstate.id(1)) { $0.findings = [] }
            estate.change(FakeEstate.id(2)) { $0.findings.append(Finding(software: "v:new:1", cve: "CVE-99")) }
            estate.change(FakeEstate.id(3)) { $0.users = ["newcomer"] }
            estate.alert("alert4", on: FakeEstate.id(4), status: "Resolved")
            estate.alert("alert5", on: FakeEstate.id(6))
            estate.alert("new", on: FakeEstate.id(7))
            estate.devices.removeAll { $0.id == FakeEstate.id(8) }
            estate.add(11, users: ["ann"], findings: [Finding(software: "v:s:1", cve: "CVE-1")])
            estate.pass(seconds: 60)
        }
    }

    private static func isAlert(_ edge: Edge) -> Bool {
        edge.kind == .assetVulnerability && !edge.to.hasPrefix("CVE")
    }

    private static func isFinding(_ edge: Edge) -> Bool {
        if edge.kind == .applicationVulnerability || edge.to.hasPrefix("v:") { return true }
        return edge.kind == .assetVulnerability && !isAlert(edge)
    }

    private func expectKept(_ world: World, _ before: Set<Edge>, _ chosen: JobOptions) {
        let leaving = FakeEstate.id(8).text
        // What only the machine that left implied leaves with it.
        let kept = before.filter { edge in
            edge.from != leaving && edge.from != "v:s:8" && edge.to != "alert8"
                && (chosen.alerts == false && Self.isAlert(edge)
                    || chosen.vulnerabilities == false && Self.isFinding(edge))
        }
        #expect(!kept.isEmpty)
        #expect(kept.subtracting(world.car.activeEdges) == [])
        #expect(world.car.activeEdges.allSatisfy { $0.from != leaving })
        #expect(world.car.graph.violations == [])
        if chosen.vulnerabilities == false {
            #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-1")]?.description == "one")
        }
    }

    @Test(arguments: off, [JobKind.initial, .incremental])
    func `stays in CAR, and the next whole run brings it in step`(chosen: JobOptions, kind: JobKind) async throws {
        let world = try await imported()
        let before = world.car.activeEdges
        change(world)
        if kind == .incremental { world.car.change { $0.modelStateID = "" } }
        let job = try world.job(kind, chosen)
        try await world.run(job)
        try await world.cleanUp(job)
        #expect(world.car.log.contains("end session"))
        expectKept(world, before, chosen)
        #expect(try await world.report(of: job).isBalanced)

        world.estate { $0.pass(seconds: 7200) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-1")]?.description == "one")
    }

    /// The CVE is sent by its id alone; CAR, emptied meanwhile, lacks the rest until it is read again.
    @Test func `is completed by the next run that reads it, where CAR had lost it`() async throws {
        let world = try await imported()
        world.car.change { state in
            state.vertices = [:]
            state.edges = [:]
            state.confirmed = []
        }
        try await world.run(.initial, JobOptions(alerts: false, vulnerabilities: false))
        #expect(world.car.graph.violations == [])
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-1")]?.description == nil)
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "alert1")]?.name == "Title 1")
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "alert1")]?.baseScore == nil)
        world.estate { $0.pass(seconds: 3600) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-1")]?.description == "one")
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "alert1")]?.baseScore == 8)
    }

    @Test func `is not made up in a database that is new`() async throws {
        let world = try await imported()
        world.car.change { state in
            state = RecordingCAR.State()
            state.databaseIsNew = true
        }
        // A first attempt that fails does not make CAR hold what it never had.
        let failing = Lifeline(at: "car.import edges", .fail(.recoverable("away"), afterEffect: false))
        let chosen = JobOptions(alerts: false, vulnerabilities: false)
        await #expect(throws: PortFailure.self) {
            try await world.run(world.job(.incremental, chosen), lifeline: failing)
        }
        try await world.run(.incremental, chosen)
        #expect(world.car.activeEdges.allSatisfy { !Self.isAlert($0) && !Self.isFinding($0) })
        world.estate { $0.pass(seconds: 3600) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `outlasts several imports, and what was resolved meanwhile is disabled after them`() async throws {
        let world = try await imported()
        let before = world.car.activeEdges
        change(world)
        for chosen in Self.off + Self.off {
            let job = try world.job(.initial, JobOptions(alerts: false, vulnerabilities: chosen.vulnerabilities))
            try await world.run(job)
            try await world.cleanUp(job)
            world.estate { $0.pass(seconds: 7200) }
            expectKept(world, before, JobOptions(alerts: false))
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test(
        arguments: [
            "store.knownFacts", "store.planBatch", "store.confirmBatch", "store.planKeptAlerts", "store.confirmAlerts",
        ], [1, 2, 3])
    func `stays through the death of the process`(call: String, count: Int) async throws {
        let world = try await imported()
        let before = world.car.activeEdges
        change(world)
        let chosen = JobOptions(alerts: false, vulnerabilities: false)
        let job = try world.job(.initial, chosen)
        for _ in 0..<count {
            await #expect(throws: Killed.self) {
                try await world.run(job, lifeline: Lifeline(at: call, .kill(afterEffect: true)))
            }
        }
        try await world.run(job)
        try await world.cleanUp(job)
        expectKept(world, before, chosen)
        world.estate { $0.pass(seconds: 7200) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `holds for users of a machine that Defender says it does not know`() async throws {
        let world = try await imported()
        let machine = FakeEstate.id(2)
        world.estate { estate in
            estate.change(machine) { device in
                device.usersAreKnown = false
                device.name = "renamed"
            }
        }
        try await world.run(.initial)
        // With the edges that its new name implies.
        #expect(world.differences() == [])
        world.estate { estate in
            estate.pass(seconds: 7200)
            estate.change(machine) { device in
                device.usersAreKnown = true
                device.users = ["dee"]
            }
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `is nothing where an old document can't be read`() async throws {
        let world = try await imported()
        let machine = FakeEstate.id(2).text
        try await world.database.write { db in
            try db.execute(sql: "UPDATE machine SET document = x'ff' WHERE machine_id = ?", arguments: [machine])
        }
        try await world.run(.initial, JobOptions(vulnerabilities: false))
        #expect(!world.car.activeEdges.contains { $0.from == machine && Self.isFinding($0) })
        #expect(world.car.activeEdges.contains { $0.from == FakeEstate.id(3).text && Self.isFinding($0) })
        world.estate { $0.pass(seconds: 7200) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    /// Databases of earlier versions have no titles.
    @Test func `has the alert's id for a title that is not known, until alerts are read`() async throws {
        let world = try await imported()
        try await world.database.write { try $0.execute(sql: "UPDATE alert SET title = NULL") }
        try await world.run(.initial, JobOptions(alerts: false))
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "alert1")]?.name == "alert1")
        world.estate { $0.pass(seconds: 7200) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        try await world.database.write { try $0.execute(sql: "UPDATE alert SET title = NULL") }
        world.estate { $0.alert("alert1", on: FakeEstate.id(1), status: "InProgress", title: "Title 1") }
        try await world.run(.incremental)
        let titles = try await world.database.read {
            try String.fetchAll($0, sql: "SELECT title FROM alert WHERE title IS NOT NULL")
        }
        #expect(titles == ["Title 1"])
    }
}
