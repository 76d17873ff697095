import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// A disk that is full, read-only or has damaged the database.
    @Suite struct StateDisk {
        /// A small file system of its own for the state directory needs a name space of its own.
        /// Some containers allow none.
        static let hasNameSpaces: Bool = {
            let probe = Process()
            probe.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
            probe.arguments = ["--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
            probe.standardError = FileHandle.nullDevice
            do { try probe.run() } catch { return false }
            probe.waitUntilExit()
            return probe.terminationStatus == 0
        }()

        /// Runs the service with its state directory on a file system in memory, mounted for it alone.
        private func launch(_ scenario: Scenario, mount options: String) throws -> ServiceProcess {
            try FileManager.default.createDirectory(
                at: scenario.stateDirectory, withIntermediateDirectories: true)
            let script = #"mount -t tmpfs -o "$0" tmpfs "$STATE_DIR" && exec "$1" serve"#
            return try scenario.launch(
                ["--mount", "--map-root-user", "sh", "-c", script, options, try ProgramFile.url.path],
                program: URL(fileURLWithPath: "/usr/bin/unshare"))
        }

        @Test(.timeLimit(.minutes(5)), .enabled(if: hasNameSpaces))
        func `that is full fails the job and the readiness, and harms nothing`() async throws {
            let options = SandboxOptions.small(machines: 400) { $0.carDelayMillisecondsMaximum = 200 }
            try await withScenario(options) { scenario in
                let service = try launch(scenario, mount: "size=32m")
                let client = ControlClient(base: try await service.url())
                expectSucceeded(try await client.run("initial"))
                let before = scenario.sandbox.car.endpoints["car.imports"].calls
                let job = try await client.start("initial")
                try await poll(until: "a batch in CAR") {
                    scenario.sandbox.car.endpoints["car.imports"].calls > before
                }
                let filler = service.file("state/filler", of: scenario)
                try fill(filler)
                try await poll(until: "not ready") { try await client.send(.get, "/readyz").status == 503 }
                #expect(try await client.send(.get, "/livez").status == 200)
                let refused = try await client.send(.post, "/v1/imports/incremental")
                #expect(refused.status == 503, "\(refused.text)")
                try await poll(until: "the run's end", within: .seconds(60)) {
                    service.standardError.contains("the end of a job is not stored yet")
                }
                try await poll(until: "word of it") { service.standardError.contains("store can't be used") }
                let told = service.standardError.split(separator: "\n").filter { $0.contains("store can't be used") }
                #expect(told.count == 1)
                #expect(told.first?.contains("is full") == true)
                try FileManager.default.removeItem(at: filler)
                let ended = try await client.end(of: job.id)
                #expect(ended.failure?.class == "internal")
                #expect(ended.failure?.message.contains("is full") == true, "\(ended.failure?.message ?? ended.state)")
                try await poll(until: "ready") { try await client.send(.get, "/readyz").status == 200 }
                try await poll(until: "word of it") { service.standardError.contains("the store can be used again") }
                expectSucceeded(try await client.run("incremental"))
                scenario.expectRightGraph()
            }
        }

        @Test(.timeLimit(.minutes(5)), .enabled(if: hasNameSpaces))
        func `that is read-only keeps the service from starting`() async throws {
            try await withScenario { scenario in
                let service = try launch(scenario, mount: "ro")
                #expect(try await service.waitForExit() == ServiceProcess.Exit(code: 1))
                #expect(service.standardError.contains(scenario.stateDirectory.path))
                #expect(service.standardError.contains("can't be written"), "\(service.standardError)")
                #expect(service.standardError.contains("STATE_DIR"))
            }
        }

        /// Its head, or everything behind its first page.
        @Test(.timeLimit(.minutes(5)), arguments: [true, false])
        func `that has damaged the database: refused with the way out`(head: Bool) async throws {
            try await withScenario { scenario in
                let (first, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                first.terminate()
                try await first.waitForExit()

                let database = scenario.stateDirectory.appendingPathComponent("defender-car.sqlite")
                let file = try FileHandle(forUpdating: database)
                let size = Int(try file.seekToEnd())
                try file.seek(toOffset: head ? 0 : 4096)
                try file.write(contentsOf: Data(repeating: 0xA5, count: head ? 64 : size - 4096))
                try file.close()
                let refused = try scenario.launch()
                #expect(try await refused.waitForExit() == ServiceProcess.Exit(code: 1))
                #expect(refused.standardError.contains("is damaged"), "\(refused.standardError)")
                #expect(refused.standardError.contains("move it away"))

                // As the message says.
                try FileManager.default.moveItem(at: database, to: scenario.directory.appendingPathComponent("old"))
                let (_, second) = try await scenario.start()
                expectSucceeded(try await second.run("incremental"), effectiveKind: "initial")
                scenario.expectRightGraph()
            }
        }

        private func fill(_ file: URL) throws {
            try Data().write(to: file)
            let handle = try FileHandle(forWritingTo: file)
            defer { try? handle.close() }
            var size = 1 << 20
            while size > 0 {
                do {
                    try handle.write(contentsOf: Data(count: size))
                } catch {
                    size /= 2
                }
            }
        }
    }
}

extension ServiceProcess {
    /// A file of the scenario as this process sees it, in its own name space.
    fileprivate func file(_ path: String, of scenario: Scenario) -> URL {
        URL(fileURLWithPath: "/proc/\(processIdentifier)/root\(scenario.directory.path)/\(path)")
    }
}
