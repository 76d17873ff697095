import ArgumentParser
import Foundation

@main
struct DefenderCar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defender-car",
        abstract: "Keeps IBM CAR in step with Microsoft Defender for Endpoint.",
        discussion: """
            Settings come from the environment, or from a YAML file (--config, DEFENDER_CAR_CONFIG). To see it work \
            without Defender and CAR: defender-car demo.
            """,
        version: BuildInfo.version,
        subcommands: [
            Serve.self, ImportCommand.self, SandboxCommand.self, Demo.self, HealthCommand.self,
            SettingsReferenceCommand.self,
        ])

    /// The predecessor's code for bad arguments, where the library would end with 64.
    static let badArguments: Int32 = 2

    static func main() async {
        do {
            var command = try parseAsRoot(arguments(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            StandardStreams.error(fullMessage(for: error) + "\n")
            Foundation.exit(badArguments)
        }
    }

    /// A flag of the predecessor in the first place means `import`: its command lines name no command.
    static func arguments(_ given: [String]) -> [String] {
        guard let first = given.first, first.hasPrefix("-"), !first.hasPrefix("--"), first != "-h" else { return given }
        return ["import"] + given
    }
}
