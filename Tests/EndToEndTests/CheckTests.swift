import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// `defender-car check` and `POST /v1/connections/{name}/check`.
    @Suite struct `A check` {
        private static let path = "/v1/connections/\(Scenario.source)/check"

        @Test(.timeLimit(.minutes(5))) func `finds the sandbox right, and changes nothing`() async throws {
            let options = SandboxOptions.small { $0.carDatabase = .notSetUp }
            try await withScenario(options) { scenario in
                let command = try scenario.launch(["check"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardOutput)")
                let answer = try JSONDecoder().decode(CheckAnswer.self, from: Data(command.standardOutput.utf8))
                #expect(
                    answer.checks.map(\.name) == [
                        "login", "clock", "Machine.Read.All", "User.Read.All", "Alert.Read.All",
                        "AdvancedQuery.Read.All", "vulnerability data", "CAR", "CAR database", "CAR source",
                    ])
                #expect(answer.checks.allSatisfy { $0.status == "ok" })
                #expect(answer.checks.first { $0.name == "CAR database" }?.hint?.contains("not set up") == true)
                // Whatever CAR was asked for, it was asked to change nothing.
                let changing = [
                    "car.imports", "car.session.enter", "car.session.leave", "car.source.patch", "car.jobstatus",
                ]
                for endpoint in changing { #expect(scenario.sandbox.car.endpoints[endpoint].calls == 0) }
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == nil)
                #expect(!FileManager.default.fileExists(atPath: scenario.stateDirectory.path))
            }
        }

        struct Case: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var code: Int32
            var check: String
            var status: String
            var says: String
            var environment: [String: String] = [:]
            var faults: [Fault] = []
        }

        static let cases = [
            Case(
                testDescription: "wrong secret", code: 52, check: "login", status: "denied",
                says: "not to its Secret ID",
                environment: ["CONFIGURATION_AUTH_CLIENTSECRET": "wrong"]),
            Case(
                testDescription: "wrong tenant", code: 52, check: "login", status: "misconfigured",
                says: "Directory (tenant) ID",
                environment: ["CONFIGURATION_AUTH_TENANT": "11111111-2222-3333-4444-555555555555"]),
            Case(
                testDescription: "wrong application", code: 52, check: "login", status: "misconfigured",
                says: "CONFIGURATION_AUTH_CLIENTID",
                environment: ["CONFIGURATION_AUTH_CLIENTID": "11111111-2222-3333-4444-555555555555"]),
            Case(
                testDescription: "no login host", code: 51, check: "login", status: "unreachable",
                says: "DEFENDER_LOGIN_URL", environment: ["DEFENDER_LOGIN_URL": "http://127.0.0.1:9"]),
            Case(
                testDescription: "no machines permission", code: 53, check: "Machine.Read.All", status: "denied",
                says: "Grant admin consent", faults: [Fault("machines", .status(403), count: nil)]),
            Case(
                testDescription: "no hunting permission", code: 53, check: "AdvancedQuery.Read.All", status: "denied",
                says: "Grant admin consent", faults: [Fault("hunting", .status(403), count: nil)]),
            Case(
                testDescription: "a proxy's page", code: 55, check: "Alert.Read.All", status: "misconfigured",
                says: "https_proxy", faults: [Fault("alerts", .html(status: 200), count: nil)]),
            Case(
                testDescription: "throttled", code: 51, check: "User.Read.All", status: "unreachable", says: "429",
                faults: [Fault("logonusers", .throttle(retryAfterSeconds: 60), count: nil)]),
            Case(
                testDescription: "wrong CAR password", code: 10, check: "CAR", status: "denied",
                says: "CAR_SERVICE_PASSWORD", environment: ["CAR_SERVICE_PASSWORD": "wrong"]),
            Case(
                testDescription: "CAR's login page", code: 10, check: "CAR", status: "misconfigured",
                says: "login page",
                faults: [Fault("car.databases", .status(302), count: nil)]),
        ]

        @Test(.timeLimit(.minutes(5)), arguments: cases)
        func `says what is wrong and what to do, by command and by API alike`(given: Case) async throws {
            try await withScenario(environment: given.environment) { scenario in
                scenario.sandbox.defender.faults.set(given.faults)
                scenario.sandbox.car.faults.set(given.faults)
                let command = try scenario.launch(["check", "--json"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: given.code))
                let (_, client) = try await scenario.start()
                let answer = try await client.send(.post, Self.path)
                #expect(answer.status == 200)
                for text in [command.standardOutput, answer.text] {
                    let checks = try JSONDecoder().decode(CheckAnswer.self, from: Data(text.utf8)).checks
                    let wrong = checks.filter { $0.status != "ok" }
                    #expect(wrong.first?.name == given.check)
                    #expect(wrong.first?.status == given.status)
                    #expect(wrong.first?.hint?.contains(given.says) == true, "\(wrong.first?.hint ?? "")")
                }
                let written = scenario.everythingWritten() + client.answers
                for name in ["CONFIGURATION_AUTH_CLIENTSECRET", "CAR_SERVICE_PASSWORD"] {
                    let secret = scenario.environment[name] ?? ""
                    #expect(secret == "wrong" || !written.contains(secret), "\(name)")
                }
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [["-connection-test"], ["-connection-test", "True"], []])
        func `is the framework's connection test, of the data source alone`(arguments: [String]) async throws {
            let environment = arguments.isEmpty ? ["DATASOURCE_CONNECTION_TEST": "true"] : [:]
            try await withScenario(environment: ["CAR_SERVICE_PASSWORD": "wrong"]) { scenario in
                let fine = try scenario.launch(arguments, environment: environment)
                #expect(try await fine.waitForExit() == ServiceProcess.Exit(code: 0), "\(fine.standardError)")
                #expect(fine.standardOutput.contains("Machine.Read.All"))
                #expect(!fine.standardOutput.contains("CAR"))
                scenario.sandbox.defender.faults.set([Fault("alerts", .status(403), count: nil)])
                let denied = try scenario.launch(arguments, environment: environment)
                #expect(try await denied.waitForExit() == ServiceProcess.Exit(code: 53))
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == nil)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `covers every connection, and may run beside an import`() async throws {
            let options = SandboxOptions.small(machines: 400) { $0.carDelayMillisecondsMaximum = 30 }
            try await withScenario(options) { scenario in
                let file = scenario.directory.appendingPathComponent("connections.yaml")
                try Data("connections:\n  - CONNECTION_NAME: east\n  - CONNECTION_NAME: west\n".utf8).write(to: file)
                let importing = try scenario.launch(["import"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                let command = try scenario.launch(["check", "--config", file.path])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardOutput)")
                let lines = command.standardOutput.split(separator: "\n")
                #expect(lines.count == 2)
                #expect(lines.first?.contains(#""connection":"east""#) == true)
                let unknown = try scenario.launch(["check", "--config", file.path, "--connection", "north"])
                #expect(try await unknown.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(unknown.standardError.contains("east, west"))
                #expect(try await importing.waitForExit(within: .seconds(60)) == ServiceProcess.Exit(code: 0))
            }
        }
    }
}
