import ConnectorCore
import Foundation
import Sandbox
import Store
import Testing

extension `End to end` {
    @Suite struct Connections {
        /// A YAML file with a connection for each pair of name and CAR, all of the scenario's tenant.
        private func configuration(_ scenario: Scenario, _ cars: [(name: String, car: String)]) throws -> String {
            let settings = Scenario.settings(of: scenario.sandbox, stateDirectory: scenario.stateDirectory)
            let shared = settings.keys.filter { $0.hasPrefix("DEFENDER_") || $0.hasPrefix("CONFIGURATION_") }
            var lines = ["connections:"]
            for (name, car) in cars {
                lines.append("  - CONNECTION_NAME: \(name)")
                lines.append("    CAR_SERVICE_URL: \(car)")
                for key in shared.sorted() + ["CAR_SERVICE_KEY", "CAR_SERVICE_PASSWORD"] {
                    lines.append("    \(key): \"\(settings[key] ?? "")\"")
                }
            }
            let path = scenario.directory.appendingPathComponent("defender-car.yaml").path
            try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        private static let none = [
            "CONFIGURATION_AUTH_TENANT": "", "CONFIGURATION_AUTH_CLIENTID": "", "CONFIGURATION_AUTH_CLIENTSECRET": "",
            "CAR_SERVICE_URL": "", "CAR_SERVICE_KEY": "", "CAR_SERVICE_PASSWORD": "",
        ]

        @Test(.timeLimit(.minutes(2))) func `one with a CAR that is down does not disturb the other`() async throws {
            try await withScenario(environment: Self.none) { scenario in
                // Nobody listens on the discard port of this machine.
                let file = try configuration(
                    scenario, [("up", scenario.sandbox.carURL), ("down", "http://127.0.0.1:9/api/car/v2")])
                let (_, client) = try await scenario.start(["serve", "--config", file])
                let down = try await client.start("initial", body: #"{"connection":"down"}"#)
                for kind in ["initial", "incremental"] {
                    expectSucceeded(try await client.run(kind, body: #"{"connection":"up"}"#), effectiveKind: kind)
                }
                #expect(scenario.sandbox.differences(source: "up").isEmpty)
                let ended = try await client.end(of: down.id)
                #expect(ended.state == "failed" && ended.failure?.code == 10)
                #expect(ended.failure?.class == "recoverable")
                let answer = try await client.send(.post, "/v1/imports/initial")
                #expect(answer.status == 400 && answer.text.contains("connection"))
            }
        }

        @Test(.timeLimit(.minutes(2))) func `of one tenant share its budget`() async throws {
            let limits = ["DEFENDER_HUNTING_PER_MINUTE": "4"]
            try await withScenario(environment: Self.none) { scenario in
                let car = scenario.sandbox.carURL
                let file = try configuration(scenario, [("one", car), ("two", car)])
                var text = try String(contentsOfFile: file, encoding: .utf8)
                for (name, value) in limits {
                    text = text.replacing("\(name): \"0\"", with: "\(name): \"\(value)\"")
                }
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                let (_, client) = try await scenario.start(["serve", "--config", file])
                // Adapters, findings, descriptions: three of the four calls of this minute.
                expectSucceeded(try await client.run("initial", body: #"{"connection":"one"}"#))
                let second = try await client.start("initial", body: #"{"connection":"two"}"#)
                try await poll(until: "the second one waits for the budget", within: .seconds(30)) {
                    try await client.send(.get, "/v1/jobs/\(second.id)").text.contains(#""waitingUntil":"20"#)
                }
                #expect(scenario.sandbox.defender.counters["hunting"].calls <= 4)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `catch up one scheduled run for all ticks missed`() async throws {
            let schedule = ["SCHEDULE_INCREMENTAL": "0 * * * *"]
            try await withScenario(environment: schedule) { scenario in
                var (service, client) = try await scenario.start()
                #expect(try await client.get("/v1/jobs", as: JobListAnswer.self).jobs.isEmpty)
                service.terminate()
                _ = try await service.waitForExit()
                let store = try SQLiteStore(stateDirectory: scenario.stateDirectory.path, lockWait: .seconds(5))
                let longAgo = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).adding(
                    seconds: -86_400)
                try store.save(
                    ScheduleMark(expression: "0 * * * *", consideredUntil: longAgo), of: Scenario.source,
                    kind: .incremental)
                try store.close()
                (service, client) = try await scenario.start()
                try await poll(until: "the run that was missed", within: .seconds(30)) { [client] in
                    try await client.get("/v1/jobs", as: JobListAnswer.self).jobs.contains { $0.isEnded }
                }
                let jobs = try await client.get("/v1/jobs", as: JobListAnswer.self).jobs
                #expect(jobs.count == 1)
                expectSucceeded(try #require(jobs.first), effectiveKind: "initial")
                scenario.expectRightGraph()
            }
        }
    }
}
