import Testing

extension `End to end` {
    @Suite struct `The sandbox command` {
        @Test(.timeLimit(.minutes(2))) func `refuses a file for its record that it can't write`() async throws {
            try await withScenario { scenario in
                let path = scenario.directory.path + "/missing/record"
                let command = try scenario.launch([
                    "sandbox", "--machines", "1", "--defender-port", "0", "--car-port", "0", "--record", path,
                ])
                #expect(try await command.waitForExit() == ServiceProcess.Exit(code: 2))
                #expect(
                    command.standardError == "the sandbox can't start: --record: \(path) can't be written\n")
            }
        }
    }
}
