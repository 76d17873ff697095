import Sandbox
import Testing

extension `End to end` {
    /// Vulnerabilities from Defender's export.
    @Suite struct Export {
        private static let environment = ["DEFENDER_VULNERABILITIES": "export"]
        private static let paged = SandboxOptions.small { $0.exportPageMaximum = 60 }

        @Test(.timeLimit(.minutes(5))) func `gives the graph that hunting gives, run after run`() async throws {
            try await withService(Self.paged, environment: Self.environment) { scenario, client in
                let first = try await client.run("initial")
                expectSucceeded(first)
                scenario.expectRightGraph(softwareWithoutCVE: false)
                #expect(try await client.report(first.id).balanced)
                let pages = scenario.sandbox.defender.counters["vulnerabilityexport"].calls
                #expect(pages > 5)
                for round in 1...3 {
                    scenario.changeEverything()
                    let next = try await client.run("incremental")
                    expectSucceeded(next, effectiveKind: "incremental")
                    scenario.expectRightGraph(
                        "round \(round)", allowsLooseVertices: true, softwareWithoutCVE: false)
                    #expect(try await client.report(next.id).balanced)
                }
                #expect(scenario.sandbox.defender.counters["vulnerabilityexport"].calls == pages)
                #expect(scenario.sandbox.defender.counters["vulnerabilitychanges"].calls >= 3)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `goes on with the page where the process was killed`() async throws {
            try await withScenario(Self.paged, environment: Self.environment) { scenario in
                scenario.sandbox.defender.faults.set([Fault("vulnerabilityexport", .hang, after: 3, count: 1)])
                let (service, client) = try await scenario.start()
                let job = try await client.start("initial")
                try await poll(until: "the fourth page is asked for", every: .milliseconds(2)) {
                    scenario.sandbox.defender.counters["vulnerabilityexport"].calls >= 4
                }
                #expect(scenario.sandbox.car.counters.sessionsEntered.isEmpty, "CAR is told before all is read")
                service.kill()
                try await service.waitForExit()
                let rows = scenario.sandbox.defender.counters["vulnerabilityexport"].rows
                #expect(rows == 3 * 60)
                let (_, next) = try await scenario.start()
                let ended = try await next.end(of: job.id)
                expectSucceeded(ended, attempt: 2)
                scenario.expectRightGraph(softwareWithoutCVE: false)
                // No row was read twice.
                let report = try await next.report(job.id)
                #expect(report.balanced)
                #expect(
                    report.records["vulnerabilities"]?.read
                        == scenario.sandbox.defender.counters["vulnerabilityexport"].rows)
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
            }
        }

        @Test(.timeLimit(.minutes(2))) func `without its permission fails and says which, and changes nothing`()
            async throws
        {
            let options = SandboxOptions.small { $0.missingRoles = ["Vulnerability.Read.All"] }
            try await withService(options, environment: Self.environment) { scenario, client in
                let job = try await client.run("initial")
                #expect(job.state == "failed")
                #expect(job.failure?.code == 53)
                #expect(job.failure?.message.contains("Vulnerability.Read.All") == true)
                #expect(scenario.sandbox.car.counters.sessionsEntered.isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `tells before it begins how many pages it will ask for`() async throws {
            try await withService(Self.paged, environment: Self.environment) { scenario, client in
                let job = try await client.run("initial")
                let calls = try #require(job.progress?.forecast?.calls)
                #expect(calls["vulnerabilityexport"] == 1)
                #expect((calls["vulnerabilities"] ?? 0) > 1)
                // Addresses alone.
                #expect(calls["hunting"] == 1)
                let metrics = try await client.send(.get, "/metrics").text
                #expect(metrics.contains(#"api="vulnerabilityexport""#))
            }
        }
    }
}
