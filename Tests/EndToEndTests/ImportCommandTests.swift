import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// `defender-car import`, as cron and Cloud Pak for Security run it.
    @Suite struct `Import command` {
        @Test(.timeLimit(.minutes(5))) func `takes the command lines of IBM's README`() async throws {
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

        @Test(.timeLimit(.minutes(5))) func `runs in Cloud Pak's container without an argument`() async throws {
            let environment = [
                "CONNECTOR_NAME": "Defender", "CONNECTOR_VERSION": "2.0", "DEBUG": "true", "LOG_LEVEL": "",
            ]
            try await withScenario(environment: environment) { scenario in
                // A container's image may have the service listen everywhere; nothing listens here.
                let command = try scenario.launch([], environment: ["HTTP_LISTEN": "0.0.0.0:8080"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardError)")
                scenario.expectRightGraph()
                #expect(command.standardError.contains(#""connector":"Defender","connector_version":"2.0""#))
                #expect(!command.standardError.contains(scenario.sandbox.options.clientSecret))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `leaves out what the predecessor's flags leave out`() async throws {
            try await withScenario { scenario in
                let command = try scenario.launch(["-alerts", "False", "-vuln", "False", "-keep-export-data-dir"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0))
                scenario.expectRightGraph(alerts: false, vulnerabilities: false)
                #expect(scenario.sandbox.defender.counters["alerts"].calls == 0)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `uses the token of the framework's flags`() async throws {
            let absent = ["CAR_SERVICE_URL": "", "CAR_SERVICE_KEY": "", "CAR_SERVICE_PASSWORD": "", "STATE_DIR": ""]
            try await withScenario(environment: absent) { scenario in
                let command = try scenario.launch([
                    "-car-service-url-for-token", scenario.sandbox.carURL, "-car-service-token",
                    scenario.sandbox.options.carToken, "-working_dir", "work", "-d",
                ])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardError)")
                scenario.expectRightGraph()
                let database = scenario.directory.appendingPathComponent("work/defender-car.sqlite")
                #expect(FileManager.default.fileExists(atPath: database.path))
            }
        }

        struct Case: Sendable, CustomTestStringConvertible {
            var code: Int32
            var environment: [String: String] = [:]
            var faults: [Fault] = []
            var testDescription: String { "\(code)" }
        }

        static let failures = [
            Case(code: 51, environment: ["DEFENDER_API_URL": "http://127.0.0.1:9"]),
            Case(code: 52, environment: ["CONFIGURATION_AUTH_CLIENTSECRET": "wrong"]),
            Case(code: 53, faults: [Fault("machines", .status(403), count: nil)]),
            Case(code: 54, faults: [Fault("alerts", .status(400), count: nil)]),
            Case(code: 55, faults: [Fault("machines", .wrongShape, count: nil)]),
            Case(code: 50, faults: [Fault("machines", .status(418), count: nil)]),
            Case(code: 10, environment: ["CAR_SERVICE_PASSWORD": "wrong"]),
            Case(code: 20, faults: [Fault("car.imports", .status(422), count: nil)]),
            Case(code: 2, environment: ["IMPORT_ALERTS": "perhaps"]),
            Case(code: 1, environment: ["STATE_DIR": "/dev/null/state"]),
        ]

        @Test(.timeLimit(.minutes(2)), arguments: failures)
        func `ends with the code of what went wrong, and says it`(given: Case) async throws {
            try await withScenario(environment: given.environment) { scenario in
                scenario.sandbox.defender.faults.set(given.faults)
                scenario.sandbox.car.faults.set(given.faults)
                let command = try scenario.launch(["import", "--kind", "auto"], environment: ["LOG_LEVEL": "error"])
                let exit = try await command.waitForExit(within: .seconds(90))
                #expect(exit == ServiceProcess.Exit(code: given.code), "\(command.standardError)")
                #expect(!command.standardError.isEmpty)
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source)?.isEmpty ?? true)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `shows a bar on a terminal`() async throws {
            try await withScenario(environment: ["LOG_LEVEL": ""]) { scenario in
                let program = try ProgramFile.url.path
                let command = try scenario.launch(
                    ["--quiet", "--return", "--command", "'\(program)' import", "/dev/null"],
                    program: URL(fileURLWithPath: "/usr/bin/script"))
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0))
                #expect(command.standardOutput.contains("████████████████████████"))
                #expect(command.standardOutput.contains("\r"))
                #expect(command.standardOutput.contains("Initial import succeeded"))
                #expect(!command.standardOutput.contains("{"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `is put back by SIGTERM and finished by the next`() async throws {
            let options = SandboxOptions.small(machines: 400) { $0.carDelayMillisecondsMaximum = 30 }
            try await withScenario(options) { scenario in
                let first = try scenario.launch(["import"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                first.terminate()
                #expect(try await first.waitForExit() == ServiceProcess.Exit(code: 143))
                let next = try scenario.launch(["import"])
                #expect(try await next.waitForExit(within: .seconds(60)) == ServiceProcess.Exit(code: 0))
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `tells its version and completes in shells`() async throws {
            try await withScenario { scenario in
                for arguments in [
                    ["--version"], ["-version"], ["--generate-completion-script", "bash"], ["import", "--help"],
                ] {
                    let command = try scenario.launch(arguments)
                    #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0))
                    #expect(!command.standardOutput.isEmpty)
                }
                let version = try scenario.launch(["--version"])
                #expect(try await version.waitForExit() == ServiceProcess.Exit(code: 0))
                let pattern =
                    /defender-car \d+\.\d+\.\d+ \(\w+ build, Swift .+\)\nlibmicrohttpd .+, libcurl .+, SQLite .+\n/
                #expect(version.standardOutput.wholeMatch(of: pattern) != nil, "\(version.standardOutput)")
            }
        }

        @Test(
            .timeLimit(.minutes(2)),
            arguments: [
                ("se", "serve settings"), ("import --ki", "--kind"), ("import --kind ", "auto initial incremental"),
                ("import -al", "-alerts"), ("serve --config ", "settings.yaml"),
            ])
        func `completes what is typed in bash`(typed: String, offered: String) async throws {
            let script = """
                eval "$("$PROGRAM" --generate-completion-script bash)"
                COMP_LINE="defender-car $TYPED"
                read -ra COMP_WORDS <<<"$COMP_LINE"
                [[ $COMP_LINE == *" " ]] && COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                COMP_POINT=${#COMP_LINE}
                COMPREPLY=()
                _defender-car defender-car "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                echo "${COMPREPLY[*]}"
                """
            try await withScenario { scenario in
                // Where a file is asked for, one of the folder: of the two, only this one can be meant.
                for name in ["settings.yaml", "picture.png"] {
                    try Data().write(to: scenario.directory.appendingPathComponent(name))
                }
                let bash = try scenario.launch(
                    ["-c", script], program: URL(fileURLWithPath: "/bin/bash"),
                    environment: ["PROGRAM": try ProgramFile.url.path, "TYPED": typed])
                #expect(try await bash.waitForExit() == ServiceProcess.Exit(code: 0), "\(bash.standardError)")
                #expect(bash.standardOutput == offered + "\n")
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [["import", "-incremental_update", "maybe"], ["import", "--nope"]])
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
