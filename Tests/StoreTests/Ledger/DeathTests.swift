import ConnectorCore
import GRDB
import Testing

@Suite struct `A process that dies in a run` {
    @Test func `loses no machine of a page that also has one to delete`() async throws {
        for call in ["store.addMachines", "store.addDeletions"] {
            for afterEffect in [false, true] {
                let world = try World()
                world.estate { estate in
                    for number in 1...3 { estate.add(number) }
                }
                try await world.run(.initial)
                world.estate { estate in
                    estate.pass(seconds: 16 * FakeEstate.day)
                    for number in 2...3 { estate.change(FakeEstate.id(number)) { $0.users = ["ann"] } }
                }
                let job = try world.job(.incremental)
                let dying = Lifeline(at: call, .kill(afterEffect: afterEffect))
                _ = try? await world.run(job, lifeline: dying)
                try await world.run(job)
                #expect(world.differences() == [], "\(call) \(afterEffect)")
            }
        }
    }

    @Test func `does not forget that CAR's database was set up anew`() async throws {
        let world = try World()
        world.estate { $0.add(1) }
        try await world.run(.initial)
        world.car.change { $0.databaseIsNew = true }
        let job = try world.job(.incremental)
        let dying = Lifeline(at: "car.prepare", .kill(afterEffect: true))
        await #expect(throws: Killed.self) { try await world.run(job, lifeline: dying) }
        world.car.change { $0.log = [] }
        try await world.run(job)
        #expect(world.car.graph.log.contains("end session"))
        #expect(world.differences() == [])
    }

    @Test func `sends the vertices of what it keeps although it can't be read again`() async throws {
        let world = try World()
        world.estate { $0.add(1) }
        try await world.run(.initial)
        world.estate { estate in
            estate.pass(seconds: 60)
            estate.change(FakeEstate.id(1)) { device in
                device.users = ["ann"]
                device.findings = [Finding(software: "v:s:1", cve: "CVE-1")]
            }
        }
        let dying = Lifeline(at: "store.planBatch", .kill(afterEffect: true))
        let job = try world.job(.incremental)
        await #expect(throws: Killed.self) { try await world.run(job, lifeline: dying) }
        world.estate { $0.change(FakeEstate.id(1)) { $0.usersAreKnown = false } }
        try await world.run(.incremental, JobOptions(vulnerabilities: false))
        #expect(world.differences() == [])
    }

    @Test(arguments: [JobKind.initial, .incremental], ["defender.alerts", "store.prepareSavePoint"])
    func `begins anew where it died between clearing up and the end of the job`(kind: JobKind, call: String)
        async throws
    {
        let world = try await Self.world(before: kind)
        let job = try world.job(kind)
        let failing = Lifeline(at: call, .fail(.internal("refused"), afterEffect: false))
        await #expect(throws: PortFailure.self) { try await world.run(job, lifeline: failing) }
        try await world.cleanUp(job)
        try await world.run(job)
        #expect(world.differences() == [])
        #expect(try await world.ledger().machinesKnown == 3)
        #expect(try await world.report(of: job).isBalanced)
        try await Self.expectNextRunIsRight(world)
    }

    @Test(arguments: [JobKind.initial, .incremental], ["defender.alerts", "store.completeRun"])
    func `goes on where CAR is as it was left`(kind: JobKind, call: String) async throws {
        let (world, job) = try await Self.interrupted(kind, at: call)
        world.defender.clearLog()
        try await world.run(job)
        #expect(!world.defender.log.contains { $0.hasPrefix("machines") })
        #expect(world.differences() == [])
    }

    @Test(arguments: [JobKind.initial, .incremental], [nil, "1600000000000"])
    func `begins anew where CAR was set up or written by others meanwhile`(kind: JobKind, savePoint: String?)
        async throws
    {
        let (world, job) = try await Self.interrupted(kind, at: "defender.alerts")
        world.car.change { $0 = RecordingCAR.State(modelStateID: savePoint, databaseIsNew: savePoint == nil) }
        try await world.run(job)
        #expect(world.differences() == [])
        #expect(try await world.report(of: job).isBalanced)
        try await Self.expectNextRunIsRight(world)
    }

    @Test func `begins anew where it died once more while CAR was set up`() async throws {
        let (world, job) = try await Self.interrupted(.initial, at: "defender.alerts")
        world.car.change { $0 = RecordingCAR.State(modelStateID: nil, databaseIsNew: true) }
        await #expect(throws: Killed.self) {
            try await world.run(job, lifeline: Lifeline(at: "car.prepare", .kill(afterEffect: true)))
        }
        try await world.run(job)
        #expect(world.differences() == [])
        try await Self.expectNextRunIsRight(world)
    }

    @Test func `does not forget a new database over a failure that comes before the import`() async throws {
        let world = try await Self.world(before: .incremental)
        world.car.change { $0 = RecordingCAR.State(modelStateID: nil, databaseIsNew: true) }
        let failure = JobFailure(class: .unrecoverable, code: 20, message: "502", retryable: true)
        let failing = Lifeline(at: "car.read save point", .fail(failure, afterEffect: false))
        let job = try world.job(.incremental)
        await #expect(throws: PortFailure.self) { try await world.run(job, lifeline: failing) }
        #expect(try await world.ledger().invalidReason == LedgerState.databaseIsNewReason)
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    /// One machine is planned with an edge and the process dies; another one too; then the first loses it.
    @Test func `leaves a shared edge to the batch that sends its vertices`() async throws {
        let world = try World()
        var options = RunOptions.small
        options.machinesPerBatch = 1
        options.batchesInFlight = 1
        let (first, second) = (FakeEstate.id(1), FakeEstate.id(2))
        let finding = Finding(software: "v:s:1", cve: "CVE-1")
        world.estate { estate in
            estate.add(1)
            estate.add(2)
        }
        try await world.run(.initial, options: options)
        for machine in [first, second] {
            world.estate { estate in
                estate.pass(seconds: 60)
                estate.change(machine) { $0.findings = [finding] }
                // The machine that has changed is in the first batch.
                if machine == second { estate.devices.reverse() }
            }
            let job = try world.job(.incremental)
            let dying = Lifeline(at: "store.planBatch", .kill(afterEffect: true))
            await #expect(throws: Killed.self) { try await world.run(job, options: options, lifeline: dying) }
        }
        world.estate { estate in
            estate.pass(seconds: 60)
            estate.change(first) { $0.findings = [] }
            estate.devices.reverse()
        }
        try await world.run(.incremental, options: options)
        #expect(world.differences() == [])
    }

    @Test func `begins anew with nothing left of before, also where it died while clearing up`() async throws {
        let (world, job) = try await Self.interrupted(.initial, at: "defender.alerts")
        // The first step of clearing up.
        try await world.database.write { db in
            try db.execute(
                sql: "UPDATE run SET checkpoint = 'null', generation = NULL WHERE job_id = ?",
                arguments: [job.id.text])
        }
        try await world.run(job)
        #expect(world.differences() == [])
        let report = try await world.report(of: job)
        #expect(report.records["machines"]?.skipped == [:])
    }

    /// Three machines and an alert; before an incremental run they have been imported, and one has changed.
    private static func world(before kind: JobKind) async throws -> World {
        let world = try World()
        world.estate { estate in
            for number in 1...3 { estate.add(number) }
            estate.alert("alert-1", on: FakeEstate.id(1))
        }
        if kind == .incremental {
            try await world.run(.initial)
            world.estate { estate in
                estate.pass(seconds: 60)
                estate.change(FakeEstate.id(1)) { $0.users = ["ann"] }
            }
        }
        return world
    }

    private static func expectNextRunIsRight(_ world: World) async throws {
        world.estate { estate in
            estate.pass(seconds: 60)
            estate.change(FakeEstate.id(2)) { $0.users = [] }
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    /// A run in the middle of which the process has died.
    private static func interrupted(_ kind: JobKind, at call: String) async throws -> (World, Job) {
        let world = try await Self.world(before: kind)
        let job = try world.job(kind)
        await #expect(throws: Killed.self) {
            try await world.run(job, lifeline: Lifeline(at: call, .kill(afterEffect: false)))
        }
        return (world, job)
    }
}
