import Sandbox
import Testing

extension `End to end` {
    /// Processes that die with batches in flight.
    @Suite struct Deaths {
        /// Kills the service each time it has asked for the batch's rows, `times` times, and starts it once more.
        private func dieRepeatedly(_ times: Int, _ scenario: Scenario, from first: ServiceProcess)
            async throws -> ServiceProcess
        {
            var service = first
            for _ in 0..<times {
                try await poll(until: "the batch is on its way", every: .milliseconds(2)) {
                    // A late call may be the dead process's; a new one logs in first, once its batch has begun.
                    ["token", "hunting"].allSatisfy { scenario.sandbox.defender.counters[$0].calls > 0 }
                }
                service.kill()
                try await service.waitForExit()
                scenario.sandbox.defender.counters.reset()
                service = try await scenario.start().service
            }
            return service
        }

        @Test(.timeLimit(.minutes(2)), arguments: ["initial", "incremental"])
        func `five in a row at one batch end the job, which names it`(kind: String) async throws {
            try await withScenario { scenario in
                var (service, client) = try await scenario.start()
                if kind == "incremental" { expectSucceeded(try await client.run("initial")) }
                scenario.changeEverything()
                let savePoint = scenario.sandbox.car.modelStateID(source: Scenario.source)
                service.terminate()
                try await service.waitForExit()
                scenario.sandbox.defender.counters.reset()
                scenario.sandbox.defender.faults.set([Fault("hunting", .hang, count: nil)])
                (service, client) = try await scenario.start()
                let job = try await client.start(kind)
                service = try await dieRepeatedly(5, scenario, from: service)
                client = ControlClient(base: try await service.url())
                let ended = try await client.end(of: job.id)
                #expect(ended.state == "failed")
                #expect(ended.failure?.class == "internal")
                #expect(ended.failure?.code == 1)
                let message = ended.failure?.message ?? ""
                #expect(message.contains("died 5 times in a row while it handled batch 1"), "\(message)")
                #expect(scenario.sandbox.estate.snapshot().machines.contains { message.contains($0.id) }, "\(message)")
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) ?? "" == savePoint ?? "")
                #expect(scenario.sandbox.car.counters.sessionsLeft[Scenario.source] == (kind == "initial" ? nil : 1))
                scenario.sandbox.defender.faults.clear()
                expectSucceeded(try await client.run("incremental"), effectiveKind: kind)
                scenario.expectRightGraph(allowsLooseVertices: kind == "incremental")
            }
        }

        @Test(.timeLimit(.minutes(2))) func `four in a row and a good start finish it`() async throws {
            try await withScenario { scenario in
                // Each process meets the hanging answer twice: rows of the network and of vulnerabilities.
                scenario.sandbox.defender.faults.set([Fault("hunting", .hang, count: nil)])
                let (service, first) = try await scenario.start()
                let job = try await first.start("initial")
                let last = try await dieRepeatedly(4, scenario, from: service)
                try await poll(until: "the batch is on its way again") {
                    scenario.sandbox.defender.counters["hunting"].calls > 0
                }
                scenario.sandbox.defender.faults.clear()
                // A stop is no death: the batch's start is taken back, and the next process takes it up.
                last.terminate()
                try await last.waitForExit()
                let (_, client) = try await scenario.start()
                expectSucceeded(try await client.end(of: job.id), attempt: 6)
                scenario.expectRightGraph()
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
            }
        }

        @Test(.timeLimit(.minutes(2))) func `one repeats the batches in flight and no other`() async throws {
            let machines = 1200
            let options = SandboxOptions.small(machines: machines, rows: 2, alerts: 20) {
                $0.carDelayMillisecondsMaximum = 10
            }
            try await withScenario(options) { scenario in
                let (service, first) = try await scenario.start()
                let job = try await first.start("initial")
                let confirmed = try await poll("confirmed batches", every: .milliseconds(5)) {
                    let done = try await first.job(job.id).progress?.machines.done ?? 0
                    return done >= 300 ? done : nil
                }
                service.kill()
                try await service.waitForExit()
                let pages = scenario.sandbox.defender.counters["machines"].calls
                let asked = scenario.sandbox.defender.counters["logonusers"].calls
                let (_, client) = try await scenario.start()
                let ended = try await client.end(of: job.id)
                expectSucceeded(ended, attempt: 2)
                scenario.expectRightGraph()
                let total = ended.progress?.machines.total ?? 0
                let again = scenario.sandbox.defender.counters["logonusers"].calls - asked
                #expect(again <= total - confirmed, "\(again) users asked for, \(confirmed) of \(total) were done")
                #expect(scenario.sandbox.defender.counters["machines"].calls == pages, "the list was read")
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
                #expect(try await client.report(job.id).balanced)
            }
        }
    }
}
