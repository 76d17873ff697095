import ConnectorCore
import Sandbox
import Testing

@testable import Store

/// Runs that were stopped and go on after the settings were changed, against the simulators.
@Suite struct `A run that goes on under other settings` {
    private struct Change: Sendable, CustomTestStringConvertible {
        var before: RunOptions
        var after: RunOptions
        /// Where the first process dies.
        var call: String
        var testDescription: String { call }
    }

    private static let changes = [
        Change(before: RunOptions(), after: RunOptions(addresses: .machines), call: "defender.adapters"),
        Change(before: RunOptions(users: .hunting), after: RunOptions(), call: "defender.logons"),
        Change(before: RunOptions(alerts: false), after: RunOptions(), call: "store.prepareSavePoint"),
        Change(before: RunOptions(vulnerabilities: false), after: RunOptions(), call: "store.confirmBatch"),
        Change(before: RunOptions(vulnerabilities: false), after: RunOptions(), call: "store.prepareSavePoint"),
        Change(before: RunOptions(), after: RunOptions(alerts: false, vulnerabilities: false), call: "store.planBatch"),
    ]

    @Test(arguments: changes)
    private func `ends as it began, and the next one catches up`(change: Change) async throws {
        var options = SandboxOptions()
        options.machines = 30
        options.vulnerabilityRowsPerMachine = 4
        options.alerts = 6
        options.carDelayMillisecondsMaximum = 0
        func small(_ run: RunOptions) -> RunOptions {
            var run = run
            (run.machinesPerBatch, run.batchesInFlight) = (10, 1)
            return run
        }
        let before = try SandboxWorld(options, run: small(change.before))
        defer { before.end() }
        let after = SandboxWorld(sharing: before, run: small(change.after))
        func job(_ number: Int, _ kind: JobKind) throws -> Job {
            let id = try #require(JobID(String(repeating: "0", count: 25) + String(number)))
            return Job(
                id: id, kind: kind, connection: SandboxWorld.source, state: .running, trigger: .command,
                createdAt: before.now)
        }
        let initial = try job(1, .initial)
        await #expect(throws: Killed.self) {
            try await before.run(initial, lifeline: Lifeline(at: change.call, .kill(afterEffect: false)))
        }
        try await after.run(initial)
        // What the run left out by its settings is not there yet, and the ledger knows.
        if change.before.alerts, change.before.vulnerabilities { #expect(after.differences() == []) }
        before.sandbox.estate.advance(seconds: 60)
        let everything = SandboxWorld(sharing: before, run: RunOptions())
        try await everything.run(job(2, .incremental))
        #expect(everything.differences() == [])
    }
}
