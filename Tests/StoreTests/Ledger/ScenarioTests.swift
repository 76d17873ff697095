import ConnectorCore
import Testing

@Suite struct `An import run` {
    @Test func `leaves CAR as the estate implies`() async throws {
        let world = try World()
        world.estate { estate in
            for number in 1...10 {
                estate.add(
                    number, users: ["ann", "user\(number)"],
                    findings: [Finding(software: "v:s:1", cve: "CVE-1"), Finding(software: "v:s:\(number)", cve: nil)])
            }
            estate.alert("a1", on: FakeEstate.id(3))
        }
        try await world.run(.initial)
        #expect(world.differences() == [])
    }
}
