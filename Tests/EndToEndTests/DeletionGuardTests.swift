import Sandbox
import Testing

extension `End to end` {
    @Suite struct `The deletion guard` {
        /// Defender says of the first half of its machines that they were not seen for long.
        private func loseHalf(_ scenario: Scenario) -> Set<String> {
            scenario.sandbox.estate.mutate { state in
                let longAgo = state.now.adding(seconds: -16 * 86_400)
                let half = Set(state.machines.prefix(30).map(\.id))
                for id in half {
                    _ = state.updateMachine(id: id, reports: false) { machine in
                        machine.healthStatus = "Inactive"
                        machine.lastSeen = longAgo
                    }
                }
                return half
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["incremental", "initial"])
        func `stops a run that finds half of the machines gone, until its limit is raised`(kind: String) async throws {
            try await withScenario(.small(machines: 60)) { scenario in
                let (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                let before = scenario.sandbox.car.graph(source: Scenario.source)
                let known = Set((before.vertices["asset"] ?? [:]).keys)
                let savePoint = scenario.sandbox.car.modelStateID(source: Scenario.source)
                let leaving = loseHalf(scenario).intersection(known)
                for attempt in 1...2 {
                    let job = try await client.run(kind)
                    #expect(job.state == "failed")
                    #expect(job.failure?.class == "datasource")
                    #expect(job.failure?.code == 55)
                    let message = job.failure?.message ?? ""
                    #expect(message.contains("\(leaving.count) of \(known.count) known machines"), "\(message)")
                    #expect(message.contains("more than 20 %"), "\(message)")
                    #expect(leaving.contains { message.contains($0) }, "\(message)")
                    #expect(message.contains("raise DELETE_GUARD_PERCENT"), "\(message)")
                    #expect(scenario.sandbox.car.graph(source: Scenario.source) == before, "attempt \(attempt)")
                    #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == savePoint)
                }
                service.terminate()
                try await service.waitForExit()
                let (_, raised) = try await scenario.start(environment: ["DELETE_GUARD_PERCENT": "60"])
                expectSucceeded(try await raised.run(kind), effectiveKind: kind)
                scenario.expectRightGraph(allowsLooseVertices: kind == "incremental")
                let left = Set((scenario.sandbox.car.graph(source: Scenario.source).vertices["asset"] ?? [:]).keys)
                #expect(left == known.subtracting(leaving))
            }
        }
    }
}
