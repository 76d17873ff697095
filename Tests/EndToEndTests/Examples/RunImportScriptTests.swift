import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// examples/run-import.sh, as cron runs it.
    @Suite struct `Run-import script` {
        static let token = "an-operator-token"
        static let script = "examples/run-import.sh"

        private func run(
            _ scenario: Scenario, _ client: ControlClient, _ arguments: [String] = [], shell: String = "/bin/sh",
            environment: [String: String] = [:]
        ) async throws -> (code: Int32?, output: String, error: String) {
            let given = ["DEFENDER_CAR_URL": client.base, "RETRY_SECONDS": "3"].merging(environment) { $1 }
            return try await scenario.run(script: Self.script, with: shell, arguments, environment: given)
        }

        @Test(.timeLimit(.minutes(2)), arguments: ["/bin/sh", "/bin/bash"])
        func `waits for the run and ends with 0`(shell: String) async throws {
            try await withService(environment: ["API_TOKEN": Self.token]) { scenario, client in
                let tokenFile = scenario.directory.appendingPathComponent("token")
                try Data("\(Self.token)\n".utf8).write(to: tokenFile)
                let environment = ["API_TOKEN_FILE": tokenFile.path]
                let initial = try await run(scenario, client, ["initial"], shell: shell, environment: environment)
                #expect(initial.code == 0, "\(initial.error)")
                #expect(initial.output.contains(" succeeded\n"))
                scenario.expectRightGraph()
                scenario.changeEverything()
                let incremental = try await run(scenario, client, shell: shell, environment: environment)
                #expect(incremental.code == 0, "\(incremental.error)")
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(!(initial.output + initial.error).contains(Self.token))
            }
        }

        struct Failure: Sendable, CustomTestStringConvertible {
            var code: Int32
            var fault: Fault
            var ofCAR = false

            var testDescription: String { "\(code)" }
        }

        static let failures = [
            Failure(code: 10, fault: Fault("car.databases", .status(401), count: nil), ofCAR: true),
            Failure(code: 20, fault: Fault("car.imports", .status(413), count: nil), ofCAR: true),
            Failure(code: 50, fault: Fault("machines", .status(418), count: nil)),
            Failure(code: 51, fault: Fault("machines", .status(503), count: nil)),
            Failure(code: 52, fault: Fault("machines", .status(401), count: nil)),
            Failure(code: 53, fault: Fault("machines", .status(403), count: nil)),
            Failure(code: 54, fault: Fault("machines", .status(400), count: nil)),
            Failure(code: 55, fault: Fault("machines", .wrongShape, count: nil)),
        ]

        @Test(.timeLimit(.minutes(3)), arguments: failures)
        func `ends with the failure's code and tells its message`(failure: Failure) async throws {
            try await withService { scenario, client in
                let faults = failure.ofCAR ? scenario.sandbox.car.faults : scenario.sandbox.defender.faults
                faults.set([failure.fault])
                let ended = try await run(scenario, client, ["initial"])
                #expect(ended.code == failure.code, "\(ended.error)")
                let jobs: JobListAnswer = try await client.get("/v1/jobs")
                let message = try #require(jobs.jobs.first?.failure?.message)
                #expect(ended.error.contains("failed with code \(failure.code): "))
                #expect(ended.error.contains(message.prefix(40)))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `ends with 2 where the service refuses the request`() async throws {
            try await withService(environment: ["API_TOKEN": Self.token]) { scenario, client in
                let wrongToken = try await run(scenario, client, environment: ["API_TOKEN": "another-operator-token"])
                #expect(wrongToken.code == 2)
                #expect(wrongToken.error.contains("401"))
                let unknown = try await run(
                    scenario, client, environment: ["API_TOKEN": Self.token, "CONNECTION": "nowhere"])
                #expect(unknown.code == 2)
                #expect(unknown.error.contains(Scenario.source), "\(unknown.error)")
                #expect(try await run(scenario, client, ["everything"]).code == 2)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `ends with 3 where nothing answers`() async throws {
            try await withScenario { scenario in
                let ended = try await scenario.run(
                    script: Self.script, with: "/bin/sh",
                    environment: ["DEFENDER_CAR_URL": "http://127.0.0.1:9", "RETRY_SECONDS": "0"])
                #expect(ended.code == 3)
                #expect(ended.error.contains("http://127.0.0.1:9"))
                #expect(ended.error.contains("connect to"), "the reason: \(ended.error)")
            }
        }

        @Test(.timeLimit(.minutes(2))) func `tells at once that a certificate is not trusted, and trusts CA_FILE`()
            async throws
        {
            try await withScenario(environment: ["API_TOKEN": Self.token]) { scenario in
                let folder = scenario.directory.path
                let openssl = try scenario.launch(
                    [
                        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem",
                        "-subj", "/CN=service", "-addext", "subjectAltName=IP:127.0.0.1",
                    ], program: URL(fileURLWithPath: "/usr/bin/env"))
                #expect(try await openssl.waitForExit() == ServiceProcess.Exit(code: 0), "\(openssl.standardError)")
                let service = try scenario.launch(environment: [
                    "TLS_CERTIFICATE": "\(folder)/certificate.pem", "TLS_KEY": "\(folder)/key.pem",
                ])
                let given = [
                    "DEFENDER_CAR_URL": try await service.url(), "API_TOKEN": Self.token, "RETRY_SECONDS": "60",
                ]
                let stranger = try await scenario.run(
                    script: Self.script, with: "/bin/sh", environment: given, within: .seconds(30))
                #expect(stranger.code == 3)
                #expect(stranger.error.contains("SSL certificate problem"), "\(stranger.error)")
                #expect(!stranger.error.contains(Self.token))
                let friend = try await scenario.run(
                    script: Self.script, with: "/bin/sh",
                    environment: given.merging(["CA_FILE": "\(folder)/certificate.pem"]) { $1 })
                #expect(friend.code == 0, "\(friend.error)")
                scenario.expectRightGraph()
                let misled = try await scenario.run(
                    script: Self.script, with: "/bin/sh",
                    environment: given.merging(["CA_FILE": "\(folder)/nowhere.pem"]) { $1 })
                #expect(misled.code == 2)
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `ends with 4 where the run takes too long, and with 5 when it is cancelled`()
            async throws
        {
            try await withService { scenario, client in
                scenario.sandbox.defender.faults.set([Fault("machines", .hang, count: nil)])
                let late = try await run(scenario, client, ["initial"], environment: ["TIMEOUT_SECONDS": "1"])
                #expect(late.code == 4)
                #expect(late.error.contains("it goes on"))
                let jobs: JobListAnswer = try await client.get("/v1/jobs")
                let id = try #require(jobs.jobs.first?.id)
                async let ended = run(scenario, client, ["initial"])
                try await poll(until: "the second job") {
                    let jobs: JobListAnswer = try await client.get("/v1/jobs")
                    return jobs.jobs.count == 2
                }
                let second: JobListAnswer = try await client.get("/v1/jobs?limit=1")
                for id in [try #require(second.jobs.first?.id), id] {
                    #expect(try await client.send(.post, "/v1/jobs/\(id)/cancel").status == 202)
                }
                #expect(try await ended.code == 5)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `goes on waiting over a restart of the service`() async throws {
            // A fixed port, since the script knows only one address.
            let port = Int.random(in: 20_000...29_999)
            let options = SandboxOptions.small(machines: 300) { $0.carDelayMillisecondsMaximum = 40 }
            try await withScenario(options, environment: ["HTTP_LISTEN": "127.0.0.1:\(port)"]) { scenario in
                let (service, client) = try await scenario.start()
                async let ended = run(scenario, client, ["initial"], environment: ["RETRY_SECONDS": "60"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 80 }
                service.kill()
                try await service.waitForExit()
                _ = try await scenario.start()
                let outcome = try await ended
                #expect(outcome.code == 0, "\(outcome.error)")
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }
    }
}
