import Sandbox
import Testing

extension `End to end` {
    @Suite struct Hunting {
        @Test(.timeLimit(.minutes(2))) func `an answer cut at the row limit loses nothing`() async throws {
            let options = SandboxOptions.small(machines: 120, rows: 10) { $0.huntingRowLimit = 300 }
            try await withService(options, environment: ["DEFENDER_HUNTING_ROW_LIMIT": "300"]) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                // 120 machines have some 1,200 rows: the one batch can't be read in two queries.
                #expect(scenario.sandbox.defender.counters["hunting"].calls > 4)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `an answer refused for its size is asked for in parts`() async throws {
            let options = SandboxOptions.small(machines: 120, rows: 10) { $0.huntingBytesMaximum = 100_000 }
            try await withService(options) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                #expect((scenario.sandbox.defender.counters["hunting"].statuses[400] ?? 0) > 0)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `a machine above the limit alone is named, and nothing is retired`()
            async throws
        {
            let options = SandboxOptions.small(machines: 40, rows: 30) { $0.huntingRowLimit = 20 }
            try await withService(options, environment: ["DEFENDER_HUNTING_ROW_LIMIT": "20"]) { scenario, client in
                let job = try await client.run("initial")
                #expect(job.state == "failed")
                #expect(job.failure?.class == "datasource")
                #expect(job.failure?.code == 55)
                let ids = scenario.sandbox.estate.snapshot().machines.map(\.id)
                #expect(ids.contains { job.failure?.message.contains($0) == true }, "\(job.failure?.message ?? "")")
                #expect(scenario.sandbox.car.counters.sessionsLeft.isEmpty)
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) ?? "" == "")
            }
        }
    }
}
