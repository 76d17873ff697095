import ConnectorCore
import GRDB
import Testing

@Suite struct `Machines to delete` {
    /// Two machines that have been silent for 16 days, one of them with an open alert.
    private static func world() async throws -> World {
        let world = try World()
        world.estate { estate in
            for number in 1...2 { estate.add(number, users: ["ann"], ip: "10.0.0.\(number)") }
            estate.alert("old", on: FakeEstate.id(1))
        }
        try await world.run(.initial)
        world.estate { $0.pass(seconds: 16 * FakeEstate.day) }
        return world
    }

    @Test(arguments: [true, false], [["ann"], ["bob"]])
    func `are new when they come back although their deletion was not known to have succeeded`(
        afterEffect: Bool, users: [String]
    ) async throws {
        let world = try await Self.world()
        let job = try world.job(.incremental)
        let failing = Lifeline(at: "car.delete", .fail(.recoverable("CAR is away"), afterEffect: afterEffect))
        await #expect(throws: PortFailure.self) { try await world.run(job, lifeline: failing) }
        try await world.cleanUp(job)
        world.estate { estate in
            for number in 1...2 { estate.change(FakeEstate.id(number)) { $0.users = users } }
            estate.pass(seconds: 60)
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        world.estate { estate in
            estate.alert("old", on: FakeEstate.id(1), status: "Resolved")
            estate.pass(seconds: 60)
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `leave nothing behind when they are gone`() async throws {
        let world = try await Self.world()
        try await world.run(.incremental)
        #expect(world.differences() == [])
        let open = try await world.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM open_plan") }
        // Token 1 stands for what was unconfirmed before plans.
        #expect(open == 1)
    }

    @Test func `are not deleted when they come back while the list is read`() async throws {
        let world = try World()
        world.estate { estate in
            for number in 1...6 { estate.add(number) }
        }
        try await world.run(.initial, JobOptions(vulnerabilities: false))
        world.estate { estate in
            estate.pass(seconds: 16 * FakeEstate.day)
            for number in 2...6 { estate.change(FakeEstate.id(number)) { $0.users = ["ann"] } }
        }
        world.defender.clearLog()
        // The first run with vulnerabilities lists everything, on two pages and twice.
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                if name == "machines", number == 2 { estate.change(FakeEstate.id(1)) { $0.users = ["eve"] } }
            }
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        #expect(world.car.graph.vertices[VertexKey(.asset, FakeEstate.id(1).text)] != nil)
    }

    @Test func `are no reason to stop an import into a new database`() async throws {
        let world = try World()
        world.estate { estate in
            for number in 1...4 { estate.add(number) }
        }
        try await world.run(.initial)
        world.estate { estate in
            estate.devices.removeFirst(3)
            estate.pass(seconds: 60)
        }
        var guarded = RunOptions.small
        guarded.deleteGuardMachines = 0
        // Changed, it still has what was imported.
        world.car.change { $0.databaseIsNew = true }
        let before = world.car.activeEdges
        let error = await #expect(throws: JobFailureError.self) {
            try await world.run(.incremental, options: guarded)
        }
        #expect(error?.failure.message.contains("would be retired") == true)
        #expect(world.car.activeEdges == before)

        world.car.change { $0 = RecordingCAR.State(databaseIsNew: true) }
        try await world.run(.incremental, options: guarded)
        #expect(world.differences() == [])
    }
}
