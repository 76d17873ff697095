import ArgumentParser
import Foundation

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the service: the control API, the job queue and the schedule.",
        discussion: "Prints one line to standard output once it accepts requests: listening on http://HOST:PORT")

    @Option(help: "YAML file with the settings; DEFENDER_CAR_CONFIG where not given.")
    var config: String?

    func run() async throws {
        let settings = try SettingsCommand.read(config: config)
        try await Service(settings).run()
    }
}

/// Reads the settings for a command, and ends the process with code 2 where they can't be used.
enum SettingsCommand {
    static func read(
        config: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Settings {
        do {
            return try Settings.read(environment: environment, configPath: config)
        } catch let error as SettingsError {
            StandardStreams.error("defender-car can't start, its settings need attention:\n\(error)\n")
            throw ExitCode(2)
        }
    }
}

/// Unbuffered output: a line is out before the process goes on.
enum StandardStreams {
    static func output(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    static func error(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
