import ConnectorCore
import Testing

@Suite struct `Descriptions of CVEs` {
    private func world(machines: Int = 10) throws -> World {
        let world = try World()
        world.estate { estate in
            estate.cves["CVE-1"] = CVE(id: "CVE-1", description: "one", baseScore: 5)
            estate.cves["CVE-2"] = CVE(id: "CVE-2", description: "two")
            for number in 1...machines {
                estate.add(
                    number,
                    findings: [Finding(software: "v:s:1", cve: "CVE-1"), Finding(software: "v:s:2", cve: "CVE-2")])
            }
        }
        return world
    }

    private func reads(_ world: World) -> [String] {
        world.defender.log.filter { $0.hasPrefix("descriptions") }
    }

    @Test func `are read once, however many machines have the CVE`() async throws {
        let world = try world()
        try await world.run(.initial)
        #expect(world.differences() == [])
        #expect(reads(world) == ["descriptions CVE-1 CVE-2"])
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-1")]?.description == "one")
    }

    @Test func `are not read again for a new machine`() async throws {
        let world = try world()
        try await world.run(.initial)
        world.defender.clearLog()
        world.estate { estate in
            estate.now = estate.now.adding(seconds: 3600)
            estate.add(99, findings: [Finding(software: "v:s:1", cve: "CVE-1")])
        }
        try await world.run(.incremental)
        #expect(world.differences() == [])
        #expect(reads(world) == [])
    }

    @Test func `are read again when the score has changed`() async throws {
        let world = try world()
        try await world.run(.initial)
        world.defender.clearLog()
        world.estate { estate in
            estate.now = estate.now.adding(seconds: 3600)
            estate.cves["CVE-1"] = CVE(id: "CVE-1", description: "worse", baseScore: 9)
            estate.add(99, findings: [Finding(software: "v:s:1", cve: "CVE-1")])
        }
        try await world.run(.incremental)
        #expect(reads(world) == ["descriptions CVE-1"])
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-1")]?.description == "worse")
    }

    @Test(arguments: [FakeDefender.Descriptions.refused, .none])
    func `come with the findings where they can't be had by themselves`(
        answer: FakeDefender.Descriptions
    ) async throws {
        let world = try world()
        world.defender.behaviour.withLock { $0.descriptions = answer }
        try await world.run(.initial)
        #expect(world.differences() == [])
        #expect(world.car.graph.vertices[VertexKey(.vulnerability, "CVE-2")]?.description == "two")
    }
}
