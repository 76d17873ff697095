import Foundation
import Sandbox
import Testing

private enum OldProgram {
    static let path = ProcessInfo.processInfo.environment["DEFENDER_CAR_OLD_PROGRAM"]
}

extension `End to end` {
    /// This program on the state of an older one, which `DEFENDER_CAR_OLD_PROGRAM` names.
    @Suite(.enabled(if: OldProgram.path != nil)) struct Upgrades {
        private var program: URL { URL(fileURLWithPath: OldProgram.path ?? "") }

        @Test(.timeLimit(.minutes(2))) func `goes on with the ledger of the older one`() async throws {
            try await withScenario { scenario in
                let (old, before) = try await scenario.start(program: program)
                expectSucceeded(try await before.run("initial"))
                old.terminate()
                try await old.waitForExit()
                scenario.changeEverything()
                let (_, client) = try await scenario.start()
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: ["initial", "incremental"], [60, 150, 300])
        func `finishes what the older one left unfinished`(kind: String, requests: Int) async throws {
            let options = SandboxOptions.small(machines: 400, alerts: 40) { $0.carDelayMillisecondsMaximum = 30 }
            try await withScenario(options) { scenario in
                let (old, before) = try await scenario.start(program: program)
                if kind == "incremental" {
                    expectSucceeded(try await before.run("initial"))
                    scenario.changeEverything()
                }
                let start = scenario.requests
                let job = try await before.start(kind)
                try await poll(until: "the run is on its way", every: .milliseconds(1)) {
                    let isEnded = try await before.job(job.id).isEnded
                    return scenario.requests >= start + requests || isEnded
                }
                old.terminate()
                try await old.waitForExit()
                let (_, client) = try await scenario.start()
                expectSucceeded(try await client.end(of: job.id), effectiveKind: kind)
                scenario.expectRightGraph(allowsLooseVertices: kind == "incremental")
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
            }
        }

        /// What `Tests/StoreTests/Migrations` reads: the state after an initial import and a run without changes.
        @Test(
            .timeLimit(.minutes(5)), .enabled(if: ProcessInfo.processInfo.environment["DEFENDER_CAR_FIXTURE"] != nil))
        func `are prepared by a dump of the older one's state`() async throws {
            let file = ProcessInfo.processInfo.environment["DEFENDER_CAR_FIXTURE"] ?? ""
            // As in the test that reads it.
            let options = SandboxOptions.small(machines: 36, seed: 7, rows: 4, alerts: 12)
            let estate = Estate.generate(seed: 7, machines: 36, vulnerabilityRowsPerMachine: 4, alerts: 12) {
                EstateTime(milliseconds: 1_795_492_800_000)
            }
            let environment = ["SCHEDULE_INITIAL": "0 3 1 1 *", "CONNECTION_NAME": "sandbox"]
            let scenario = try Scenario(options, estate: estate, environment: environment)
            do {
                let (old, client) = try await scenario.start(program: program)
                expectSucceeded(try await client.run("initial"))
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                old.terminate()
                try await old.waitForExit()
                let dump = try scenario.launch(
                    [scenario.stateDirectory.appendingPathComponent("defender-car.sqlite").path, ".dump"],
                    program: URL(fileURLWithPath: "/usr/bin/sqlite3"))
                #expect(try await dump.waitForExit() == ServiceProcess.Exit(code: 0))
                try Data(dump.standardOutput.utf8).write(to: URL(fileURLWithPath: file))
                #expect(dump.standardOutput.contains("INSERT INTO machine"))
            } catch {
                await scenario.end()
                throw error
            }
            await scenario.end()
        }
    }
}
