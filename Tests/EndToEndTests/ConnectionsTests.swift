import Foundation
import Sandbox
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

        @Test(.timeLimit(.minutes(2))) func `one whose CAR is silent waits alone`() async throws {
            let silent = SandboxServer(options: .small(machines: 5))
            try silent.start()
            defer { silent.stop() }
            silent.car.faults.set([Fault("car.databases", .hang, count: nil)])
            try await withScenario(environment: Self.none) { scenario in
                let file = try configuration(scenario, [("up", scenario.sandbox.carURL), ("silent", silent.carURL)])
                let (_, client) = try await scenario.start(["serve", "--config", file])
                let waiting = try await client.start("initial", body: #"{"connection":"silent"}"#)
                try await poll(until: "the silent CAR is asked") { silent.car.endpoints["car.databases"].calls > 0 }
                expectSucceeded(try await client.run("initial", body: #"{"connection":"up"}"#))
                scenario.changeEverything()
                expectSucceeded(
                    try await client.run("incremental", body: #"{"connection":"up"}"#), effectiveKind: "incremental")
                #expect(scenario.sandbox.differences(source: "up", allowsLooseVertices: true).isEmpty)
                #expect(try await client.job(waiting.id).state == "running")
                let up: ConnectionAnswer = try await client.get("/v1/connections/up")
                #expect(up.savePoint == scenario.sandbox.car.modelStateID(source: "up"))
                let other: ConnectionAnswer = try await client.get("/v1/connections/silent")
                #expect(other.savePoint == nil && other.machinesKnown ?? 0 == 0)
                #expect(try await client.send(.post, "/v1/jobs/\(waiting.id)/cancel").status == 202)
                #expect(try await client.end(of: waiting.id).state == "cancelled")
            }
        }

        @Test(.timeLimit(.minutes(2))) func `one of another tenant has a budget of its own`() async throws {
            let elsewhere = SandboxServer(options: .small { $0.tenant = "22222222-3333-4444-8555-666666666666" })
            try elsewhere.start()
            defer { elsewhere.stop() }
            // Enough for one run in an hour, and not for two: one call for each of about 40 machines.
            try await withScenario(environment: ["DEFENDER_REQUESTS_PER_HOUR": "60"]) { scenario in
                let entries = [
                    ["CONNECTION_NAME: first"], ["CONNECTION_NAME: second"],
                    [
                        "CONNECTION_NAME: elsewhere", "CONFIGURATION_AUTH_TENANT: \(elsewhere.options.tenant)",
                        "DEFENDER_LOGIN_URL: \(elsewhere.defenderURL)", "DEFENDER_API_URL: \(elsewhere.defenderURL)",
                        "CAR_SERVICE_URL: \(elsewhere.carURL)",
                    ],
                ]
                let text = "connections:\n" + entries.map { "  - \($0.joined(separator: "\n    "))\n" }.joined()
                let file = scenario.directory.appendingPathComponent("tenants.yaml").path
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                let (_, client) = try await scenario.start(["serve", "--config", file])
                expectSucceeded(try await client.run("initial", body: #"{"connection":"first"}"#))
                let waiting = try await client.start("initial", body: #"{"connection":"second"}"#)
                try await poll(until: "the second one waits for its tenant's budget") {
                    try await client.job(waiting.id).progress?.waitingUntil != nil
                }
                expectSucceeded(try await client.run("initial", body: #"{"connection":"elsewhere"}"#))
                #expect(elsewhere.differences(source: "elsewhere").isEmpty)
                #expect(scenario.sandbox.defender.counters["logonusers"].calls == 60)
                #expect(try await client.send(.post, "/v1/jobs/\(waiting.id)/cancel").status == 202)
                #expect(try await client.end(of: waiting.id).state == "cancelled")
            }
        }
    }
}
