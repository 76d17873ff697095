import Sandbox
import Testing

extension `End to end` {
    /// The settings that choose by which calls the same data is read.
    @Suite struct Reading {
        @Test(.timeLimit(.minutes(5))) func `through Microsoft Graph gives the same graph`() async throws {
            try await withScenario(environment: ["DEFENDER_HUNTING_API": "graph"]) { scenario in
                let (service, client) = try await scenario.start(
                    environment: ["GRAPH_API_URL": scenario.sandbox.defenderURL])
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                #expect(!service.standardError.contains("DEFENDER_HUNTING_API"))
                // One for each audience.
                #expect(scenario.sandbox.defender.counters["token"].calls == 2)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `through the API that ends says so at start`() async throws {
            try await withScenario { scenario in
                let (service, _) = try await scenario.start()
                #expect(service.standardError.contains("2027-02-01"))
                #expect(service.standardError.contains("DEFENDER_HUNTING_API=graph"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `users by their logon events takes one query for a batch`() async throws {
            try await withService(environment: ["DEFENDER_USERS": "hunting"]) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                #expect(scenario.sandbox.defender.counters["logonusers"].calls == 0)
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph()
            }
        }

        @Test(.timeLimit(.minutes(5))) func `addresses from the machine list differs in what prefixes tell alone`()
            async throws
        {
            // Fewer machines than the awkward cases need.
            let options = SandboxOptions.small(machines: 25)
            try await withService(options, environment: ["DEFENDER_ADDRESSES": "machines"]) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let differences = scenario.sandbox.differences(source: Scenario.source)
                // fd00:6::/128 is on every adapter of the sandbox; the list does not tell that it is no /64.
                let others = differences.filter { !$0.contains("fd00:6::") && !$0.hasSuffix(" more") }
                #expect(others.isEmpty)
                #expect(!differences.contains { $0.contains("missing") })
                #expect(!differences.isEmpty)
                let queries = scenario.sandbox.defender.counters["hunting"].calls
                #expect(queries < 4, "vulnerabilities and descriptions alone are asked for")
            }
        }

        @Test(.timeLimit(.minutes(5))) func `a description is asked for once`() async throws {
            try await withService(.small(machines: 320, rows: 4)) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                let first = scenario.sandbox.defender.counters["hunting"].calls
                scenario.sandbox.estate.mutate { state in
                    for machine in state.machines.prefix(20) { state.updateMachine(id: machine.id) { _ in } }
                }
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph()
                #expect(scenario.sandbox.defender.counters["hunting"].calls == first + 2)
            }
        }
    }
}
