import Sandbox
import Testing

extension `End to end` {
    /// What makes an incremental run impossible or a job hopeless.
    @Suite struct Fallbacks {
        @Test(.timeLimit(.minutes(1))) func `another state folder has no ledger, and says so`() async throws {
            try await withScenario { scenario in
                var (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                service.terminate()
                _ = try await service.waitForExit()
                let other = scenario.directory.appendingPathComponent("other").path
                (service, client) = try await scenario.start(environment: ["STATE_DIR": other])
                let job = try await client.run("incremental")
                expectSucceeded(job, effectiveKind: "initial")
                #expect(job.fallbackReason == "no ledger for this connection")
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(1))) func `an unrecoverable failure makes the next run an initial import`()
            async throws
        {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.changeEverything()
                scenario.sandbox.car.faults.add(Fault("car.imports", .importFails(statusCode: 422), count: nil))
                let failed = try await client.run("incremental")
                #expect(failed.state == "failed" && failed.failure?.code == 20)
                #expect(failed.failure?.class == "unrecoverable")
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == "")
                scenario.sandbox.car.faults.clear()
                let job = try await client.run("incremental")
                expectSucceeded(job, effectiveKind: "initial")
                #expect(job.fallbackReason?.contains("unrecoverabl") == true, "\(job.fallbackReason ?? "")")
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(1))) func `a higher guard lets many machines go`() async throws {
            try await withScenario(.small(machines: 60)) { scenario in
                var (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                scenario.sandbox.estate.mutate { state in
                    let longAgo = state.now.adding(seconds: -16 * 86_400)
                    for machine in state.machines.prefix(30) {
                        _ = state.updateMachine(id: machine.id, reports: false) { machine in
                            machine.healthStatus = "Inactive"
                            machine.lastSeen = longAgo
                        }
                    }
                }
                let stopped = try await client.run("incremental")
                let message = try #require(stopped.failure?.message)
                #expect(message.contains("DELETE_GUARD_PERCENT"))
                #expect(scenario.sandbox.estate.snapshot().machines.prefix(30).contains { message.contains($0.id) })
                service.terminate()
                _ = try await service.waitForExit()
                (service, client) = try await scenario.start(environment: ["DELETE_GUARD_PERCENT": "60"])
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `a batch at which the process died five times ends the job, named`()
            async throws
        {
            try await withScenario(.small(machines: 40)) { scenario in
                scenario.sandbox.defender.faults.add(Fault("logonusers", .hang, count: nil))
                var (service, client) = try await scenario.start()
                let job = try await client.start("initial")
                for death in 1...5 {
                    let calls = scenario.sandbox.defender.counters["logonusers"].calls
                    try await poll(until: "batch 1 on its way, \(death)", within: .seconds(20), every: .milliseconds(5))
                    {
                        scenario.sandbox.defender.counters["logonusers"].calls > calls
                    }
                    service.kill()
                    _ = try await service.waitForExit()
                    (service, client) = try await scenario.start()
                }
                let ended = try await client.end(of: job.id)
                #expect(ended.state == "failed")
                #expect(ended.failure?.class == "internal" && ended.failure?.code == 1)
                #expect(ended.failure?.message.contains("batch 1") == true, "\(ended.failure?.message ?? "")")
                #expect(scenario.sandbox.car.counters.sessionsLeft.isEmpty)
            }
        }
    }
}
