import ConnectorCore
import Testing

/// Pages of four machines, which change while they are read.
@Suite struct `The list of machines` {
    private static func world(of numbers: ClosedRange<Int>) throws -> World {
        let world = try World()
        world.estate { estate in
            for number in numbers { estate.add(number) }
            estate.pass(seconds: 3600)
        }
        return world
    }

    /// A machine that the list no longer has, so that those behind it move up.
    private static func leaveOne(_ list: String, after pages: Int, _ world: World) {
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                if name == list, number == pages { estate.devices.removeFirst() }
            }
        }
    }

    @Test func `of an initial import misses none when another leaves it meanwhile`() async throws {
        let world = try Self.world(of: 1...10)
        try await world.run(.initial)
        world.defender.clearLog()
        Self.leaveOne("machines", after: 1, world)
        let job = try world.job(.initial)
        try await world.run(job)
        // Two walks that bring something and one that does not, each of three pages, the last one said to be the end twice.
        #expect(world.defender.log.count { $0 == "machines" } == 15)
        #expect(world.car.graph.vertices.keys.contains { $0.key == FakeEstate.id(5).text })
        let machines = try await world.report(of: job).records["machines"]
        #expect(machines?.read == 10 && machines?.isBalanced == true)
    }

    @Test func `of a window misses none when another leaves it meanwhile`() async throws {
        let world = try Self.world(of: 1...10)
        try await world.run(.initial)
        world.estate { estate in
            for number in 1...10 { estate.change(FakeEstate.id(number)) { $0.users = ["new"] } }
            estate.pass(seconds: 1200)
        }
        world.defender.clearLog()
        Self.leaveOne("machines seen", after: 1, world)
        try await world.run(.incremental)
        #expect(world.differences().filter { !$0.contains(FakeEstate.id(1).text) } == [])
    }

    /// One machine is on no walk, and each walk brings another one, so the run gives up.
    @Test func `of a window that never stands still is asked for again by the next run`() async throws {
        let world = try Self.world(of: 1...12)
        try await world.run(.initial)
        world.estate { estate in
            estate.pass(seconds: 3600)
            for number in 1...12 { estate.change(FakeEstate.id(number)) { $0.users = ["new"] } }
            estate.pass(seconds: 3600)
        }
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                guard name == "machines seen" else { return }
                func moveUp(_ index: Int?, to place: Int) {
                    if let index { estate.devices.insert(estate.devices.remove(at: index), at: place) }
                }
                // On the second page while the first is read, and on the first while the second is read.
                if [1, 6, 10, 14, 18].contains(number) { moveUp(estate.index(of: FakeEstate.id(6)), to: 0) }
                if [5, 9, 13, 17].contains(number) {
                    estate.add(1000 + number)
                    estate.devices[estate.devices.count - 1].lastSeen = estate.now.adding(seconds: -1800)
                    moveUp(estate.devices.count - 1, to: 5)
                }
            }
        }
        try await world.run(.incremental)
        world.defender.behaviour.withLock { $0.event = nil }
        world.estate { $0.pass(seconds: 3600) }
        try await world.run(.incremental)
        #expect(world.differences() == [])
    }

    @Test func `of one page is read once`() async throws {
        let world = try Self.world(of: 1...3)
        try await world.run(.initial)
        #expect(world.defender.log.count { $0 == "machines" } == 3)
        #expect(world.differences() == [])
    }

    @Test func `is walked again from its first page after an interruption`() async throws {
        let world = try Self.world(of: 1...10)
        let job = try world.job(.initial)
        let dying = Lifeline(at: "store.recordPageRows", .kill(afterEffect: false))
        await #expect(throws: Killed.self) { try await world.run(job, lifeline: dying) }
        world.defender.clearLog()
        try await world.run(job)
        #expect(world.defender.log.count { $0 == "machines" } == 10)
        #expect(world.differences() == [])
    }

    /// Those in the places that a walk passes over are on none, where the list loses as many in each.
    @Test(arguments: [false, true])
    func `that loses some with every page is read until it has them all`(isInterrupted: Bool) async throws {
        let world = try Self.world(of: 1...60)
        try await world.run(.initial)
        world.defender.clearLog()
        let lifeline = Lifeline()
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                guard name == "machines" else { return }
                if number <= (isInterrupted ? 21 : 18) { estate.devices.removeFirst(2) }
                // In the second walk, which the next process begins anew where the list is by then.
                if isInterrupted, number == 15 { lifeline.kill() }
            }
        }
        let job = try world.job(.initial)
        if isInterrupted { await #expect(throws: Killed.self) { try await world.run(job, lifeline: lifeline) } }
        try await world.run(job)
        // One that has left after it was read is in CAR.
        let ids = world.defender.estate.withLock { $0.devices.map(\.id.text) }
        #expect(world.differences().filter { difference in ids.contains { difference.contains($0) } } == [])
    }

    @Test func `that only loses some all the time does not fail an import`() async throws {
        let world = try Self.world(of: 1...200)
        try await world.run(.initial)
        world.defender.clearLog()
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                // At the end of the list, where nobody moves up.
                if name == "machines", number % 40 == 0 { estate.devices.removeLast() }
            }
        }
        try await world.run(.initial)
        #expect(world.car.graph.vertices.keys.contains { $0.key == FakeEstate.id(100).text })
    }

    @Test func `that never stands still fails an initial import and retires nothing`() async throws {
        let world = try Self.world(of: 1...40)
        try await world.run(.initial)
        let before = world.car.activeEdges
        world.estate { $0.pass(seconds: 3600) }
        // With every third page one more that was there before the run.
        world.defender.behaviour.withLock {
            $0.event = { name, number, estate in
                guard name == "machines", number % 3 == 0 else { return }
                estate.add(1000 + number)
                estate.devices[estate.devices.count - 1].lastSeen = estate.now.adding(seconds: -60)
            }
        }
        let job = try world.job(.initial)
        let error = await #expect(throws: JobFailureError.self) { try await world.run(job) }
        #expect(error?.failure.code == 55)
        #expect(error?.failure.message.contains("each of 5 times") == true)
        #expect(world.car.activeEdges == before)
    }
}
