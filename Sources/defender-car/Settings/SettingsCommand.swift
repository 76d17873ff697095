import ArgumentParser
import Foundation

/// Reads the settings for a command, and ends the process with code 2 where they can't be used.
enum SettingsCommand {
    /// - Parameter isOneRun: whether the command does one thing and ends. On a terminal such a command logs what is wrong
    ///   alone, as text, unless told otherwise.
    static func read(
        config: String?, environment: [String: String] = ProcessInfo.processInfo.environment, isOneRun: Bool = false,
        commandLine: CommandLineSettings = .init()
    ) throws -> Settings {
        var environment = CloudPakEnvironment(environment).settings
        // Nothing listens, so no address beyond loopback needs a token, whether it is a container's environment or the
        // settings file, which the environment comes before, that names one.
        if isOneRun {
            environment["HTTP_LISTEN"] = "127.0.0.1:0"
            environment["METRICS_LISTEN"] = "127.0.0.1:0"
        }
        let file = SettingsFile.path(option: config, environment: environment)
        if isOneRun, file == nil, Terminal.standardError.isTerminal {
            environment = ["LOG_LEVEL": "warning", "LOG_FORMAT": "text"].merging(environment) { $1 }
        }
        return try telling {
            try Settings.read(environment: environment, configPath: config, commandLine: commandLine)
        }
    }

    /// Prints the `SettingsError` that `body` throws.
    ///
    /// - Throws: `ExitCode(2)` then.
    static func telling<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as SettingsError {
            StandardStreams.error("defender-car can't start, its settings need attention:\n\(error)\n")
            throw ExitCode(2)
        }
    }
}

extension Settings {
    /// The connection of that name, or the only one.
    ///
    /// - Parameter command: for the message that lists the names.
    /// - Throws: `ExitCode(2)` after that message.
    func connection(named name: String?, for command: String) throws -> ConnectionSettings {
        let found =
            if let name { connections.first { $0.name == name } } else { connections.count == 1 ? connections[0] : nil }
        if let found { return found }
        let names = connections.map(\.name).joined(separator: ", ")
        let problem = name == nil ? "--connection is needed, one of" : "--connection must be one of"
        // Not a usage error of the parser: its message would end with the usage of another command.
        StandardStreams.error("defender-car can't \(command): \(problem) \(names)\n")
        throw ExitCode(2)
    }
}
