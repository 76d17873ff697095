import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// `defender-car import` where the state directory is in use.
    @Suite struct `An import beside others` {
        private static let token = ["API_TOKEN": "0123456789abcdef"]

        private func slow() -> SandboxOptions {
            SandboxOptions.small(machines: 400) { $0.carDelayMillisecondsMaximum = 30 }
        }

        private func file(_ name: String, _ scenario: Scenario) -> URL {
            scenario.stateDirectory.appendingPathComponent(name)
        }

        @Test(.timeLimit(.minutes(5))) func `is done by the service that holds the state`() async throws {
            try await withService(environment: Self.token) { scenario, client in
                // A proxy for Microsoft and CAR is none for this machine.
                let proxy = ["http_proxy": "http://127.0.0.1:9", "all_proxy": "http://127.0.0.1:9"]
                let command = try scenario.launch(["import", "-alerts", "False"], environment: proxy)
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardError)")
                scenario.expectRightGraph(alerts: false)
                #expect(command.standardOutput.contains(#""state":"succeeded""#))
                #expect(command.standardError.contains("The service at \(client.base) does it"))
                let list = try await client.send(
                    .get, "/v1/jobs", headers: [("Authorization", "Bearer 0123456789abcdef")])
                let jobs = try list.decoded(JobListAnswer.self).jobs
                #expect(jobs.map(\.state) == ["succeeded"])
                #expect(jobs.first.map { command.standardOutput.contains($0.id) } == true)
                let address = try String(contentsOf: file("service.url", scenario), encoding: .utf8)
                #expect(address == client.base + "\n")
            }
        }

        @Test(.timeLimit(.minutes(5))) func `ends with the code of the service's job`() async throws {
            try await withService { scenario, _ in
                scenario.sandbox.defender.faults.set([Fault("machines", .status(403), count: nil)])
                let command = try scenario.launch(["import"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 53))
                #expect(command.standardError.contains("Machine.Read.All"))
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: ["", "fedcba9876543210"])
        func `needs the service's token and says so`(token: String) async throws {
            try await withService(environment: Self.token) { scenario, _ in
                let command = try scenario.launch(["import"], environment: ["API_TOKEN": token])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(command.standardError.contains("API_TOKEN"))
                #expect(!scenario.everythingWritten().contains("0123456789abcdef"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `needs a reader's token replaced`() async throws {
            try await withService(environment: ["API_READ_TOKEN": "reader-reader-reader"]) { scenario, _ in
                let command = try scenario.launch(["import"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(command.standardError.contains("only read"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `names a connection that the service has`() async throws {
            try await withService { scenario, _ in
                let command = try scenario.launch(["import", "-source", "another"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(command.standardError.contains("connection"))
            }
        }

        @Test(.timeLimit(.minutes(2))) func `takes over when the service stops`() async throws {
            try await withScenario(slow()) { scenario in
                let (service, _) = try await scenario.start()
                let command = try scenario.launch(["import"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                service.terminate()
                #expect(try await service.waitForExit() == ServiceProcess.Exit(code: 0))
                #expect(!FileManager.default.fileExists(atPath: file("service.url", scenario).path))
                let exit = try await command.waitForExit(within: .seconds(60))
                #expect(exit == ServiceProcess.Exit(code: 0), "\(command.standardError)")
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
            }
        }

        @Test(.timeLimit(.minutes(5))) func `leaves the job to the service when it is interrupted`() async throws {
            try await withService(slow()) { scenario, client in
                let command = try scenario.launch(["import"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                command.terminate()
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 143))
                #expect(command.standardError.contains("goes on in the service"))
                let jobs: JobListAnswer = try await client.get("/v1/jobs")
                let job = try #require(jobs.jobs.first)
                expectSucceeded(try await client.end(of: job.id), attempt: 1)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `says where it has asked in vain`() async throws {
            try await withService { scenario, _ in
                let command = try scenario.launch([
                    "import", "--wait", "1", "--service-url", "http://127.0.0.1:9",
                ])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 10))
                #expect(command.standardError.contains("the service at http://127.0.0.1:9 takes no import now"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `is not misled by what a killed service left`() async throws {
            try await withScenario { scenario in
                let (service, _) = try await scenario.start()
                service.kill()
                try await service.waitForExit()
                #expect(FileManager.default.fileExists(atPath: file("service.url", scenario).path))
                let command = try scenario.launch(["import"])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardError)")
                #expect(!FileManager.default.fileExists(atPath: file("service.url", scenario).path))
                scenario.expectRightGraph()
            }
        }

        @Test(.timeLimit(.minutes(2))) func `waits for another command, or not`() async throws {
            try await withScenario(slow()) { scenario in
                let first = try scenario.launch(["import"])
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                let hurried = try scenario.launch(["import", "--wait", "0"])
                #expect(try await hurried.waitForExit() == ServiceProcess.Exit(code: 10))
                #expect(hurried.standardError.contains("another command"))
                let patient = try scenario.launch(["import"])
                #expect(try await first.waitForExit(within: .seconds(60)) == ServiceProcess.Exit(code: 0))
                let exit = try await patient.waitForExit(within: .seconds(60))
                #expect(exit == ServiceProcess.Exit(code: 0), "\(patient.standardError)")
                #expect(patient.standardOutput.contains(#""kind":"incremental""#))
            }
        }

        // MARK: TLS

        /// A service with a certificate for this name alone.
        private func withTLSService(
            _ name: String, _ body: (Scenario, _ certificate: String, _ port: Int) async throws -> Void
        ) async throws {
            try await withScenario { scenario in
                let folder = scenario.directory.path
                let openssl = try scenario.launch(
                    [
                        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-days", "2", "-keyout", "\(folder)/key.pem", "-out", "\(folder)/certificate.pem", "-subj",
                        "/CN=service", "-addext", "subjectAltName=DNS:\(name)",
                    ], program: URL(fileURLWithPath: "/usr/bin/env"))
                #expect(try await openssl.waitForExit() == ServiceProcess.Exit(code: 0), "\(openssl.standardError)")
                let tls = ["TLS_CERTIFICATE": "\(folder)/certificate.pem", "TLS_KEY": "\(folder)/key.pem"]
                let service = try scenario.launch(environment: tls)
                let port = try #require(Int(try await service.url().split(separator: ":").last ?? ""))
                try await body(scenario, "\(folder)/certificate.pem", port)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `trusts the service's own certificate for localhost`() async throws {
            try await withTLSService("localhost") { scenario, certificate, port in
                let tls = ["TLS_CERTIFICATE": certificate, "TLS_KEY": certificate]
                let command = try scenario.launch(["import"], environment: tls)
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 0), "\(command.standardError)")
                #expect(command.standardError.contains("https://localhost:\(port)"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `says that it has no client certificate`() async throws {
            try await withTLSService("localhost") { scenario, certificate, _ in
                let tls = ["TLS_CERTIFICATE": certificate, "TLS_KEY": certificate, "TLS_CLIENT_CA": certificate]
                let command = try scenario.launch(["import"], environment: tls)
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(command.standardError.contains("client certificates"))
            }
        }

        @Test(.timeLimit(.minutes(5))) func `says what to do where the certificate does not fit`() async throws {
            try await withTLSService("connector.example") { scenario, certificate, port in
                let tls = ["TLS_CERTIFICATE": certificate, "TLS_KEY": certificate]
                let stranger = try scenario.launch(["import"])
                #expect(try await stranger.waitForExit() == ServiceProcess.Exit(code: 2))
                let misnamed = try scenario.launch(["import"], environment: tls)
                #expect(try await misnamed.waitForExit() == ServiceProcess.Exit(code: 2))
                for command in [stranger, misnamed] {
                    #expect(command.standardError.contains("--service-url"), "\(command.standardError)")
                    #expect(command.standardError.contains("https://localhost:\(port)"))
                }
            }
        }
    }
}
