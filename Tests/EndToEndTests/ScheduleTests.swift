import ConnectorCore
import Foundation
import Sandbox
import Store
import Testing

extension `End to end` {
    /// Scheduled runs. What was missed is made by setting back the mark in the state of a stopped service.
    @Suite struct Schedules {
        /// Every hour, half an hour away from now.
        private func hourly(_ now: Timestamp) -> String {
            "\((now.milliseconds / 60_000 + 30) % 60) * * * *"
        }

        private var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

        private func missFiveHours(_ expression: String, _ scenario: Scenario) throws {
            let store = try SQLiteStore(stateDirectory: scenario.stateDirectory.path, lockWait: .seconds(10))
            let mark = ScheduleMark(expression: expression, consideredUntil: now.adding(seconds: -5 * 3600))
            try store.save(mark, of: Scenario.source, kind: .incremental)
            try store.close()
        }

        private func jobs(_ client: ControlClient) async throws -> [JobAnswer] {
            try await client.get("/v1/jobs", as: JobListAnswer.self).jobs
        }

        @Test(.timeLimit(.minutes(2))) func `make up for all ticks missed while down with one run`() async throws {
            let expression = hourly(now)
            try await withScenario(environment: ["SCHEDULE_INCREMENTAL": expression]) { scenario in
                let (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                let connection: ConnectionAnswer = try await client.get("/v1/connections/\(Scenario.source)")
                let next = try #require(connection.nextRuns["incremental"] ?? nil)
                #expect(Timestamp(iso8601: next).map { $0 > now && $0 <= now.adding(seconds: 3600) } == true, "\(next)")
                service.terminate()
                try await service.waitForExit()
                try missFiveHours(expression, scenario)
                scenario.changeEverything()
                let (_, again) = try await scenario.start()
                let scheduled = try await poll("the run that makes up for them") {
                    try await jobs(again).first { $0.trigger == "schedule" }
                }
                expectSucceeded(try await again.end(of: scheduled.id), effectiveKind: "incremental")
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(try await jobs(again).count == 2)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `add nothing to a run that waits already`() async throws {
            let options = SandboxOptions.small(machines: 200) { $0.carDelayMillisecondsMaximum = 30 }
            let expression = hourly(now)
            try await withScenario(options, environment: ["SCHEDULE_INCREMENTAL": expression]) { scenario in
                let (service, client) = try await scenario.start()
                let running = try await client.start("initial")
                let queued = try await client.start("incremental")
                try await poll(until: "the import is on its way", every: .milliseconds(2)) { scenario.requests > 20 }
                service.kill()
                try await service.waitForExit()
                try missFiveHours(expression, scenario)
                let (_, again) = try await scenario.start()
                expectSucceeded(try await again.end(of: running.id), attempt: 2)
                expectSucceeded(try await again.end(of: queued.id), effectiveKind: "incremental")
                #expect(try await jobs(again).map(\.id) == [queued.id, running.id])
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }
    }
}
