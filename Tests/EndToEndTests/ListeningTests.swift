import Foundation
import Sandbox
import Testing

extension `End to end` {
    @Suite struct Listening {
        @Test(.timeLimit(.minutes(5))) func `serves probes and metrics alone on METRICS_LISTEN`() async throws {
            let tokens = ["API_TOKEN": "operator-0123456789", "METRICS_LISTEN": "127.0.0.1:0"]
            try await withScenario(environment: tokens) { scenario in
                let (service, client) = try await scenario.start()
                let base = try await metricsURL(of: service)
                let probes = ControlClient(base: base)
                #expect(try await probes.send(.get, "/livez").status == 200)
                #expect(try await probes.send(.get, "/readyz").status == 200)
                #expect(try await probes.send(.get, "/metrics").status == 401)
                let token = [("Authorization", "Bearer operator-0123456789")]
                #expect(
                    try await probes.send(.get, "/metrics", headers: token).text.contains("defender_car_build_info"))
                for path in ["/", "/v1/jobs", "/openapi.yaml"] {
                    #expect(try await probes.send(.get, path, headers: token).status == 404, "\(path)")
                }
                #expect(try await client.send(.get, "/livez").status == 200)
                service.terminate()
                #expect(try await service.waitForExit().code == 0)
            }
        }

        @Test(arguments: [
            ("0.0.0.0:0", "METRICS_OPEN"), ("9090", "HOST:PORT"), ("127.0.0.1:18080", "must differ from HTTP_LISTEN"),
        ])
        func `refuses an unusable METRICS_LISTEN with the reason`(address: String, reason: String) async throws {
            try await withScenario { scenario in
                let service = try scenario.launch(
                    environment: ["METRICS_LISTEN": address, "HTTP_LISTEN": "127.0.0.1:18080"])
                #expect(try await service.waitForExit().code == 2)
                #expect(service.standardError.contains("METRICS_LISTEN"))
                #expect(service.standardError.contains(reason))
            }
        }

        @Test(arguments: ["HTTP_LISTEN", "METRICS_LISTEN"])
        func `names the setting whose address is taken`(setting: String) async throws {
            try await withScenario { scenario in
                let taken = scenario.sandbox.carURL.split(separator: "/")[1]
                let service = try scenario.launch(environment: [setting: String(taken)])
                #expect(try await service.waitForExit().code == 1)
                #expect(service.standardError.contains("defender-car can't start: \(setting): "))
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: ["TLS_KEY", "TLS_CLIENT_CA"])
        func `refuses a TLS file that can't be used with the setting's name`(setting: String) async throws {
            try await withScenario { scenario in
                let folder = scenario.directory
                try makeCertificate("first", in: folder)
                try makeCertificate("second", in: folder)
                var files = ["TLS_CERTIFICATE": "first.pem", "TLS_KEY": "first.key"]
                // A key of another certificate; a certificate that is text alone.
                files[setting] = setting == "TLS_KEY" ? "second.key" : "empty.pem"
                try Data("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8).write(
                    to: folder.appendingPathComponent("empty.pem"))
                let service = try scenario.launch(
                    environment: files.mapValues { folder.appendingPathComponent($0).path })
                #expect(try await service.waitForExit().code == 2)
                #expect(service.standardError.contains("its settings need attention:"))
                #expect(service.standardError.contains(setting))
                #expect(!service.standardError.contains("NSError"))
            }
        }

        @Test(.timeLimit(.minutes(2))) func `reads TLS files again when they have changed`() async throws {
            try await withScenario { scenario in
                let folder = scenario.directory
                try makeCertificate("first", in: folder)
                try makeCertificate("second", in: folder)
                func install(_ name: String, _ kind: String) throws {
                    let new = folder.appendingPathComponent("new.\(kind)")
                    try FileManager.default.copyItem(at: folder.appendingPathComponent("\(name).\(kind)"), to: new)
                    // rename(2) replaces it at once, as the tools of issuers do.
                    guard rename(new.path, folder.appendingPathComponent("tls.\(kind)").path) == 0 else {
                        throw DeadlinePassed(description: "can't rename")
                    }
                }
                for kind in ["pem", "key"] { try install("first", kind) }
                let service = try scenario.launch(environment: [
                    "TLS_CERTIFICATE": folder.appendingPathComponent("tls.pem").path,
                    "TLS_KEY": folder.appendingPathComponent("tls.key").path,
                ])
                let url = try await service.url()
                #expect(url.hasPrefix("https://"))
                #expect(try await isServed("first", url, folder))

                // A certificate without its key yet: the old pair is still served.
                try install("second", "pem")
                try await poll(until: "the complaint") { service.standardError.contains("the changed TLS files") }
                #expect(try await isServed("first", url, folder))

                try install("second", "key")
                try await poll(until: "the second certificate") { try await isServed("second", url, folder) }
                #expect(!service.standardError.contains("PRIVATE"))
            }
        }

        @Test(.timeLimit(.minutes(2)), arguments: [17, 70])
        func `refuses every body above 16 KiB in the same words`(kilobytes: Int) async throws {
            try await withService { _, client in
                let answer = try await client.send(
                    .post, "/v1/imports/initial", body: String(repeating: " ", count: kilobytes * 1000))
                #expect(answer.status == 413)
                #expect(answer.text.contains(#""code":"body_too_large""#))
                #expect(answer.text.contains(#""bytesMax":16384"#))
            }
        }

        private func metricsURL(of service: ServiceProcess) async throws -> String {
            try await poll("the address of the metrics") {
                let line = service.standardError.split(separator: "\n").first { $0.contains("for probes and metrics") }
                guard let line, let start = line.range(of: "http://") else { return nil }
                return String(line[start.lowerBound...].prefix { $0 != "\"" && $0 != " " })
            }
        }

        private func makeCertificate(_ name: String, in folder: URL) throws {
            let arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=IP:127.0.0.1",
            ]
            let made = try status(of: "openssl", arguments, in: folder)
            guard made == 0 else { throw DeadlinePassed(description: "openssl: \(made)") }
        }

        /// Whether a client that trusts that certificate alone gets an answer.
        private func isServed(_ name: String, _ url: String, _ folder: URL) async throws -> Bool {
            let arguments = ["-sf", "-m", "10", "-o", "/dev/null", "--cacert", "\(name).pem", "\(url)/livez"]
            return try status(of: "curl", arguments, in: folder) == 0
        }

        private func status(of program: String, _ arguments: [String], in folder: URL) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["timeout", "20", program] + arguments
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
    }
}
