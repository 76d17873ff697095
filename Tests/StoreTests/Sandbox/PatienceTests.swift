import ConnectorCore
import Sandbox
import Testing

@testable import Store

/// Services that are down for longer than a call is attempted by itself, against the simulators.
@Suite struct `An outage` {
    @Test(arguments: ["hunting", "token", "car.imports"])
    func `ends a young run, and an old one outlasts it`(endpoint: String) async throws {
        var options = SandboxOptions()
        options.machines = 12
        options.vulnerabilityRowsPerMachine = 3
        options.alerts = 4
        options.carDelayMillisecondsMaximum = 0
        let world = try SandboxWorld(options)
        defer { world.end() }
        let job = Job(
            id: try #require(JobID(String(repeating: "0", count: 26))), kind: .initial,
            connection: SandboxWorld.source, state: .running, trigger: .command, createdAt: world.now)

        world.sandbox.setFaults([Fault(endpoint, .status(503), count: nil)])
        await #expect(throws: (any Error).self) { try await world.run(job, patienceSeconds: RunPatience.seconds) }
        #expect((world.savePoint ?? "").isEmpty)

        // The same run, hours later.
        world.sandbox.estate.advance(seconds: 7200)
        // Far more than the four attempts that are made of a call whatever the age of the run.
        world.sandbox.setFaults([Fault(endpoint, .status(503), count: 60)])
        try await world.run(job, patienceSeconds: RunPatience.seconds)
        #expect(world.differences() == [])
    }
}
