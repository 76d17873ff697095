import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// Names that an attacker on a machine can choose: they arrive in CAR as they are and break nothing on their way.
    @Suite struct HostileNames {
        static let names = [
            "</script><script>alert(1)</script>", "quote \" apostrophe ' backslash \\ brace {} $(id) `id`",
            "line\r\nforged=1\u{1B}[31m", "\u{202E}gpj.exe\u{2066}", "%00%0a%2e%2e/../?a=b#c&d",
            "'; DROP TABLE jobs;--",
            "\") or true | take 1 //", "a\u{300}\u{300}\u{300}\u{FFFE}\u{1F468}\u{200D}\u{1F469}", " ", "null",
        ]

        @Test(.timeLimit(.minutes(5))) func `arrive whole and forge nothing`() async throws {
            let hostile = SandboxOptions.small(machines: 30 + Self.names.count)
            try await withScenario(hostile, environment: ["LOG_FORMAT": "json", "LOG_LEVEL": "trace"]) { scenario in
                let long = String(repeating: "x\"\u{202E}\n", count: 2_000_000)
                scenario.sandbox.estate.mutate { state in
                    for (number, name) in Self.names.enumerated() {
                        state.updateMachine(id: state.machines[30 + number].id, reports: false) { machine in
                            machine.computerDnsName = name
                            machine.osPlatform = name
                            machine.users = [LogonUser(domain: name, name: name)]
                            machine.software = [
                                SoftwareRow(vendor: name, name: name, version: name, cveId: "CVE-2026-\(number)\(name)")
                            ]
                        }
                        state.add(
                            EstateAlert(
                                id: "\(name)\(number)", title: name, description: number == 0 ? long : name,
                                machineId: state.machines[30 + number].id, alertCreationTime: state.now,
                                firstEventTime: state.now, lastUpdateTime: state.now))
                    }
                }
                let (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph("after the initial import")
                scenario.sandbox.estate.advance(seconds: 60)
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph("after the incremental run")

                // Now they go into URLs, to be disabled one by one.
                scenario.sandbox.estate.advance(seconds: 60)
                scenario.sandbox.estate.mutate { state in
                    for number in Self.names.indices {
                        state.updateMachine(id: state.machines[30 + number].id, reports: true) { machine in
                            machine.osPlatform = "Windows11"
                            machine.users = []
                            machine.software = []
                        }
                    }
                }
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph("after they are gone", allowsLooseVertices: true)

                let lines = service.standardError.split(separator: "\n")
                #expect(lines.count > 5)
                for line in lines {
                    #expect(
                        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) is [String: Any],
                        "\(line.prefix(300))")
                    #expect(line.utf8.count < 20_000)
                    #expect(!line.unicodeScalars.contains { $0 == "\u{202E}" || $0.value < 0x20 })
                }
                let metrics = try await client.send(.get, "/metrics").text
                #expect(!metrics.contains("<script") && !metrics.contains("forged"))
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [String(repeating: "long", count: 20_000), "nul \u{0} and after"])
        func `that fit no URL cost an initial import, and no more`(name: String) async throws {
            try await withService(.small(machines: 5)) { scenario, client in
                func setUsers(_ users: [LogonUser]) {
                    scenario.sandbox.estate.advance(seconds: 60)
                    scenario.sandbox.estate.mutate { state in
                        state.updateMachine(id: state.machines[0].id, reports: true) { $0.users = users }
                    }
                }
                setUsers([LogonUser(domain: "d", name: name), LogonUser(domain: "d", name: "nul ")])
                expectSucceeded(try await client.run("initial"))
                scenario.expectRightGraph()
                setUsers([])
                let failed = try await client.run("incremental")
                #expect(failed.failure?.code == 20 && failed.failure?.class == "unrecoverable")
                #expect(failed.failure?.message.contains("too long") == true, "\(failed.failure?.message ?? "")")
                expectSucceeded(try await client.run("incremental"), effectiveKind: "initial")
                scenario.expectRightGraph("after the initial import")
            }
        }
    }
}
