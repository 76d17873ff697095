import Sandbox
import Testing

extension `End to end` {
    /// What an initial import does not read is in CAR after it as before; the rest follows Defender.
    @Suite struct `Data that an initial import leaves alone` {
        struct Choice: Sendable, CustomTestStringConvertible {
            var alerts: Bool
            var vulnerabilities: Bool

            static let all = [
                Choice(alerts: false, vulnerabilities: true), Choice(alerts: true, vulnerabilities: false),
                Choice(alerts: false, vulnerabilities: false),
            ]
            var body: String { #"{"alerts":\#(alerts),"vulnerabilities":\#(vulnerabilities)}"# }
            var testDescription: String { body }
        }

        /// An import that is asked for, and a run that falls back to one.
        @Test(.timeLimit(.minutes(5)), arguments: Choice.all, ["initial", "incremental"])
        func `stays for the machines that are still there`(choice: Choice, kind: String) async throws {
            try await withService(.small(machines: 80, alerts: 40)) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let before = scenario.sandbox.estate.snapshot()
                scenario.changeEverything()
                scenario.sandbox.estate.mutate { state in
                    for machine in state.machines.suffix(3) { state.removeMachine(id: machine.id) }
                }
                if kind == "incremental" { scenario.sandbox.car.setModelStateID("", source: Scenario.source) }
                scenario.sandbox.car.resetCounters()
                let calls = scenario.sandbox.defender.counters["alerts"].calls

                let job = try await client.run(kind, body: choice.body)
                expectSucceeded(job, effectiveKind: "initial")
                let report = try await client.report(job.id)
                #expect(report.final && report.balanced)
                expectKept(scenario, since: before, choice)
                #expect(choice.alerts || scenario.sandbox.defender.counters["alerts"].calls == calls)
                let car = scenario.sandbox.car.counters
                #expect(car.sessionsEntered == [Scenario.source: 1])
                #expect(car.sessionsLeft == [Scenario.source: 1])
                #expect(car.dangling == 0, "\(car.danglingExamples)")
                #expect(car.repeatedVertices == 0)

                scenario.sandbox.estate.advance(seconds: 3600)
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(scenario.sandbox.car.counters.dangling == 0)
            }
        }

        /// The part of the graph before that is not read now, of machines still there, beside the rest as it is now.
        private func expectKept(_ scenario: Scenario, since before: EstateState, _ choice: Choice) {
            let estate = scenario.sandbox.estate
            var expected = ExpectedGraph.compute(
                estate, alerts: choice.alerts, vulnerabilities: choice.vulnerabilities)
            var old = before
            for machine in before.machines where expected.vertices["asset"]?[machine.id] == nil {
                old.removeMachine(id: machine.id)
            }
            let whole = ExpectedGraph.compute(old)
            let read = ExpectedGraph.compute(
                old, alerts: choice.alerts, vulnerabilities: choice.vulnerabilities)
            for (collection, rows) in whole.vertices {
                for (key, fields) in rows where read.vertices[collection]?[key] == nil {
                    expected.vertices[collection, default: [:]][key] = fields
                }
            }
            for (kind, edges) in whole.edges {
                expected.edges[kind, default: []].formUnion(edges.subtracting(read.edges[kind] ?? []))
            }
            #expect(expected.edgeCount > ExpectedGraph.compute(old, alerts: false, vulnerabilities: false).edgeCount)
            let differences = scenario.sandbox.car.graph(source: Scenario.source).differences(from: expected)
            #expect(differences == [])
        }

        @Test(.timeLimit(.minutes(5)))
        func `stays where Defender says that it has no users of a machine`() async throws {
            try await withService(.small(machines: 14, alerts: 4)) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.sandbox.setFaults([Fault("logonusers", .status(404), count: nil)])
                let job = try await client.run("initial")
                expectSucceeded(job, effectiveKind: "initial")
                #expect(try await client.report(job.id).records["logonUsers"]?.skipped["machine_not_found"] ?? 0 > 0)
                scenario.expectRightGraph()
                #expect(scenario.sandbox.car.counters.dangling == 0)
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 2])
            }
        }
    }
}
