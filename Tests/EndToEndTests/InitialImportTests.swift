import Sandbox
import Testing

extension `End to end` {
    @Suite struct `Initial import` {
        struct Paging: Sendable, CustomTestStringConvertible {
            var seed: UInt64
            var pageMaximum: Int
            var nextLinks: SandboxOptions.NextLinks

            var testDescription: String { "seed \(seed), pages of \(pageMaximum), \(nextLinks)" }

            static let all: [Paging] = SandboxOptions.NextLinks.allCases.flatMap { links in
                [7, 100, 10_000].enumerated().map { index, rows in
                    Paging(seed: UInt64(index + 1), pageMaximum: rows, nextLinks: links)
                }
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: Paging.all)
        func `copies every machine however the lists are paged`(paging: Paging) async throws {
            let options = SandboxOptions.small(machines: 110, seed: paging.seed, rows: 5, alerts: 110) {
                $0.pageMaximum = paging.pageMaximum
                $0.nextLinks = paging.nextLinks
            }
            try await withService(options) { scenario, client in
                let job = try await client.run("initial")
                expectSucceeded(job, attempt: 1, effectiveKind: "initial")
                #expect(job.fallbackReason == nil)
                scenario.expectRightGraph()
                expectCleanCounters(scenario)
                let report = try await client.report(job.id)
                #expect(report.final && report.balanced)
                // Without the strange id, which is read and skipped, and the one that is long gone.
                #expect(report.records["machines"]?.read == 110)
                #expect(report.records["machines"]?.mapped == 108)
                #expect(report.records["machines"]?.skipped["counts_as_deleted"] == 1)
                #expect(scenario.sandbox.defender.counters["logonusers"].calls == 108)
                #expect(report.objects["asset"]?.confirmed == 108)
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == job.savePoint.to)
            }
        }

        /// What one undisturbed initial import must leave behind in CAR.
        private func expectCleanCounters(_ scenario: Scenario) {
            let car = scenario.sandbox.car.counters
            #expect(car.dangling == 0, "\(car.danglingExamples)")
            #expect(car.repeatedVertices == 0)
            #expect(car.importsRefused == 0)
            #expect(car.importsFailed == 0)
            #expect(car.importsThrottled == 0)
            #expect(car.sessionsEntered == [Scenario.source: 1])
            #expect(car.sessionsLeft == [Scenario.source: 1])
            #expect(car.sessionsLeftEarly == 0)
            #expect(car.sessionsLeftWithoutEntry == 0)
            #expect(car.savePointWrites == 1)
        }

        @Test(.timeLimit(.minutes(5))) func `of an empty tenant succeeds`() async throws {
            try await withService(.small(machines: 0, alerts: 0)) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [(false, true), (true, false), (false, false)])
        func `leaves out what the request does`(alerts: Bool, vulnerabilities: Bool) async throws {
            try await withService { scenario, client in
                let body = #"{"alerts":\#(alerts),"vulnerabilities":\#(vulnerabilities)}"#
                let job = try await client.run("initial", body: body)
                expectSucceeded(job)
                scenario.expectRightGraph(alerts: alerts, vulnerabilities: vulnerabilities)
                #expect(alerts || scenario.sandbox.defender.counters["alerts"].calls == 0)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `sets up a CAR database that is not`() async throws {
            try await withService(.small { $0.carDatabase = .notSetUp }) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
            }
        }

        @Test(.timeLimit(.minutes(5))) func `retires what is no longer in Defender`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.sandbox.estate.mutate { state in
                    for machine in state.machines.suffix(3) { state.removeMachine(id: machine.id) }
                    state.updateUsers(of: state.machines[13].id) { $0 = [LogonUser(domain: "corp", name: "newcomer")] }
                    state.updateMachine(id: state.machines[14].id) { $0.osPlatform = "Windows12" }
                }
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 2])
                #expect(scenario.sandbox.car.counters.sessionsReentered == 0)
                #expect(scenario.sandbox.car.counters.dangling == 0)
            }
        }
    }
}
