import Sandbox
import Testing

extension `End to end` {
    /// `defender-car import`, as cron and Cloud Pak for Security run it.
    @Suite struct `Import command` {
        @Test(.timeLimit(.minutes(1))) func `takes the command lines of IBM's README`() async throws {
            let taken = [
                "CONFIGURATION_AUTH_TENANT", "CONFIGURATION_AUTH_CLIENTID", "CONFIGURATION_AUTH_CLIENTSECRET",
                "CAR_SERVICE_URL", "CAR_SERVICE_KEY", "CAR_SERVICE_PASSWORD",
            ]
            let absent = Dictionary(uniqueKeysWithValues: taken.map { ($0, "") })
            try await withScenario(environment: absent) { scenario in
                let options = scenario.sandbox.options
                let line = [
                    "-subscriptionID", "sub", "-tenantID", options.tenant, "-clientID", options.clientID,
                    "-clientSecret", options.clientSecret, "-url", scenario.sandbox.carURL, "-api_key", options.carKey,
                    "-password", options.carPassword, "-source", Scenario.source,
                ]
                let initial = try scenario.launch(line)
                #expect(try await initial.waitForExit() == ServiceProcess.Exit(code: 0), "\(initial.standardError)")
                scenario.expectRightGraph()
                scenario.changeEverything()
                let incremental = try scenario.launch(line + ["-incremental_update", "True"])
                #expect(try await incremental.waitForExit() == ServiceProcess.Exit(code: 0))
                #expect(incremental.standardOutput.contains(#""kind":"incremental""#))
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(!scenario.everythingWritten().contains(options.clientSecret))
            }
        }

        static let failures: [([String: String], Int32)] = [
            (["CONFIGURATION_AUTH_CLIENTSECRET": "wrong"], 52), (["CAR_SERVICE_PASSWORD": "wrong"], 10),
            (["IMPORT_ALERTS": "perhaps"], 2),
        ]

        @Test(.timeLimit(.minutes(1)), arguments: failures)
        func `ends with the code of what went wrong`(environment: [String: String], code: Int32) async throws {
            try await withScenario(environment: environment) { scenario in
                let command = try scenario.launch(["import", "--kind", "auto"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: code))
            }
        }

        @Test(.timeLimit(.minutes(1)), arguments: [["import", "-incremental_update", "maybe"], ["import", "--nope"]])
        func `refuses bad arguments with code 2`(arguments: [String]) async throws {
            try await withScenario { scenario in
                let command = try scenario.launch(arguments)
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(!command.standardError.isEmpty)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `goes on where a killed one was`() async throws {
            let options = SandboxOptions.small(machines: 400) { $0.carDelayMillisecondsMaximum = 30 }
            try await withScenario(options) { scenario in
                let killed = try scenario.launch(["import", "--kind", "initial"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                killed.kill()
                _ = try await killed.waitForExit()
                let next = try scenario.launch(["import"])
                #expect(try await next.waitForExit(within: .seconds(60)) == ServiceProcess.Exit(code: 0))
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
            }
        }
    }
}
