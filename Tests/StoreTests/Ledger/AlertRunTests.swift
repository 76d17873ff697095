import ConnectorCore
import Testing

@Suite struct `Alerts in a run` {
    /// One machine with its alert, imported.
    static func imported(_ options: JobOptions = JobOptions()) async throws -> (World, MachineID) {
        let world = try World()
        let machine = world.estate { estate in
            let id = estate.add(1)
            estate.alert("old", on: id)
            return id
        }
        try await world.run(.initial, options)
        world.estate { $0.pass(seconds: 3600) }
        world.car.clearLog()
        return (world, machine)
    }

    @Test func `imports a new one`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("new", on: machine) }
        try await world.run(.incremental)
        #expect(world.car.log == ["prepare", "read save point", "import vertices", "import edges", "save point"])
        #expect(world.differences() == [])
    }

    @Test func `counts a new one and the edge of one that moved as created`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("new", on: machine) }
        let second = try world.job(.incremental)
        try await world.run(second)
        let created = try await world.report(of: second).objects
        #expect(created["vulnerability"].map { [$0.created, $0.updated] } == [1, 0])
        #expect(created["asset_vulnerability"].map { [$0.created, $0.updated] } == [1, 0])
        world.estate { estate in
            estate.pass(seconds: 3600)
            estate.alert("new", on: estate.add(2))
        }
        let third = try world.job(.incremental)
        try await world.run(third)
        let moved = try await world.report(of: third).objects
        #expect(moved["vulnerability"].map { [$0.created, $0.updated] } == [0, 1])
        #expect(moved["asset_vulnerability"]?.created == 1)
    }

    @Test func `tells a known one that was updated its new time and nothing else`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("old", on: machine, status: "InProgress") }
        try await world.run(.incremental)
        #expect(world.car.log == ["prepare", "read save point", "touch old", "save point"])
        let edge = Edge(.assetVulnerability, from: machine.text, to: "old")
        #expect(world.car.graph.edges[edge]?.lastModified == world.now)
    }

    @Test func `touches an update once, however often the window shows it`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("old", on: machine, status: "InProgress") }
        try await world.run(.incremental)
        world.car.clearLog()
        world.estate { $0.pass(seconds: 60) }
        try await world.run(.incremental)
        #expect(world.car.log == ["prepare", "read save point", "save point"])
    }

    @Test func `disables the edge of a resolved one`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("old", on: machine, status: "Resolved") }
        let job = try world.job(.incremental)
        try await world.run(job)
        #expect(
            world.car.log == [
                "prepare", "read save point", "disable asset_vulnerability \(machine.text) old", "save point",
            ])
        #expect(try await world.report(of: job).objects["asset_vulnerability"]?.disabled == 1)
    }

    @Test func `ignores one created and resolved within the window`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("brief", on: machine, status: "Resolved") }
        try await world.run(.incremental)
        #expect(world.car.log == ["prepare", "read save point", "save point"])
    }

    @Test func `moves the edge of one that moved to another machine`() async throws {
        let (world, _) = try await Self.imported()
        world.estate { $0.alert("old", on: $0.add(2)) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `skips and counts those without a machine and those of machines that are not imported`() async throws {
        let (world, _) = try await Self.imported()
        world.estate { estate in
            estate.alert("homeless", on: nil)
            estate.alert("stranger", on: FakeEstate.id(99))
        }
        let job = try world.job(.incremental)
        try await world.run(job)
        let alerts = try await world.report(of: job).records["alerts"]
        #expect(alerts?.skipped == ["no_machine": 1, "machine_not_imported": 1])
        #expect(alerts?.isBalanced == true)
    }

    @Test func `imports the older alert of a machine that is new to us`() async throws {
        let (world, _) = try await Self.imported()
        world.estate { estate in
            estate.alert("stranger", on: FakeEstate.id(2))
            estate.pass(seconds: 3600)
        }
        try await world.run(.incremental)
        world.estate { estate in
            estate.pass(seconds: 7200)
            estate.add(2)
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `imports the older alert of a machine that a failed run has sent already`() async throws {
        let (world, _) = try await Self.imported()
        world.estate { estate in
            estate.alert("stranger", on: FakeEstate.id(2))
            estate.pass(seconds: 3600)
        }
        try await world.run(.incremental)
        world.estate { estate in
            estate.pass(seconds: 7200)
            estate.add(2)
        }
        let failing = Lifeline(at: "defender.alerts", .fail(.dataSource(.unreachable, "away"), afterEffect: false))
        await #expect(throws: PortFailure.self) { try await world.run(world.job(.incremental), lifeline: failing) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `imports the older alert of a machine that came while alerts were off`() async throws {
        let (world, _) = try await Self.imported()
        world.estate { estate in
            estate.alert("stranger", on: FakeEstate.id(2))
            estate.pass(seconds: 3600)
        }
        try await world.run(.incremental)
        world.estate { estate in
            estate.pass(seconds: 7200)
            estate.add(2)
        }
        try await world.run(.incremental, JobOptions(alerts: false))
        world.estate { $0.pass(seconds: 7200) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `catches up after an initial import without alerts`() async throws {
        let (world, machine) = try await Self.imported(JobOptions(alerts: false))
        #expect(!world.car.activeEdges.contains(Edge(.assetVulnerability, from: machine.text, to: "old")))
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `disables one that a failed run had imported when it is resolved before the next`() async throws {
        let (world, machine) = try await Self.imported(JobOptions(alerts: false))
        let failing = Lifeline(at: "car.save point", .fail(.recoverable("away"), afterEffect: false))
        await #expect(throws: PortFailure.self) { try await world.run(world.job(.incremental), lifeline: failing) }
        world.estate { estate in
            estate.pass(seconds: 7200)
            estate.alert("old", on: machine, status: "Resolved")
            estate.pass(seconds: 7200)
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `leaves alerts alone while they are off, and catches up`() async throws {
        let (world, machine) = try await Self.imported()
        world.estate { $0.alert("old", on: machine, status: "Resolved") }
        try await world.run(.incremental, JobOptions(alerts: false))
        #expect(world.car.activeEdges.contains(Edge(.assetVulnerability, from: machine.text, to: "old")))
        world.estate { $0.pass(seconds: 7200) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `reads every open alert although some are resolved while a run is interrupted`() async throws {
        let world = try World()
        world.estate { estate in
            let id = estate.add(1)
            for number in 1...9 { estate.alert("a\(number)", on: id) }
            estate.pass(seconds: 3600)
        }
        let job = try world.job(.initial)
        let dying = Lifeline(at: "store.confirmAlerts", .kill(afterEffect: true))
        await #expect(throws: Killed.self) { try await world.run(job, lifeline: dying) }
        world.estate { estate in
            estate.pass(seconds: 60)
            for number in 1...3 { estate.alert("a\(number)", on: FakeEstate.id(1), status: "Resolved") }
        }
        try await world.run(job)
        world.estate { $0.pass(seconds: 3600) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    /// Pages of three alerts, of which some are gone before the second page is read.
    private static func world(of alerts: ClosedRange<Int>) throws -> World {
        let world = try World()
        world.estate { estate in
            let id = estate.add(1)
            for number in alerts { estate.alert("alert-\(number)", on: id) }
            estate.pass(seconds: 3600)
        }
        return world
    }

    /// The same, imported; since then those numbered so have come or have been updated.
    private static func world(of alerts: ClosedRange<Int>, thenUpdated: ClosedRange<Int>) async throws -> World {
        let world = try world(of: alerts)
        try await world.run(.initial)
        world.estate { estate in
            for number in thenUpdated { estate.alert("alert-\(number)", on: FakeEstate.id(1)) }
            estate.pass(seconds: 1200)
        }
        return world
    }

    private static func resolve(_ numbers: ClosedRange<Int>, _ estate: inout FakeEstate) {
        estate.pass(seconds: 1)
        for number in numbers { estate.alert("alert-\(number)", on: FakeEstate.id(1), status: "Resolved") }
    }

    @Test func `misses none when others are resolved while the list is read`() async throws {
        let world = try Self.world(of: 1...9)
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                if name == "alerts open", number == 1 { Self.resolve(1...3, &estate) }
            }
        }
        try await world.run(.initial)
        // Two walks of the list and one that finds nothing more; an end said twice each.
        #expect(world.defender.log.count { $0 == "alerts open" } == 4 + 4 + 4)
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `misses none when others of its window change while the list is read`() async throws {
        let world = try await Self.world(of: 1...1, thenUpdated: 1...9)
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                // Moved to the end of the list by their new time.
                if name == "alerts updated", number == 1 {
                    estate.alerts = Array(estate.alerts.dropFirst(3) + estate.alerts.prefix(3))
                }
            }
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `are covered although one of them is updated during every walk`() async throws {
        let world = try await Self.world(of: 1...9, thenUpdated: 1...9)
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                // In its place, with a time that is the next window's.
                guard name == "alerts updated", number % 3 == 0 else { return }
                estate.pass(seconds: 1)
                estate.alert("alert-\(number / 3)", on: FakeEstate.id(1))
            }
        }
        try await world.run(.incremental)
        #expect(try await !world.ledger().openAlertsDue)
        world.defender.behaviour.withLock { $0.event = nil }
        world.estate { $0.pass(seconds: 60) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `are asked for again by the next run when they never stand still`() async throws {
        let world = try Self.world(of: 1...600)
        world.defender.behaviour.withLock {
            $0.event = { name, _, estate in
                // The first three that are open are resolved after every page.
                guard name == "alerts open", let first = estate.alerts.first(where: \.isOpen) else { return }
                if let number = Int(first.id.dropFirst(6)) { Self.resolve(number...number + 2, &estate) }
            }
        }
        try await world.run(.initial)
        #expect(try await world.ledger().openAlertsDue)
        world.defender.behaviour.withLock { $0.event = nil }
        world.estate { $0.pass(seconds: 60) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        #expect(try await !world.ledger().openAlertsDue)
    }
}
