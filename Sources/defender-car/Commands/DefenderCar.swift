import ArgumentParser
import Foundation

@main
struct DefenderCar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defender-car",
        abstract: "Keeps IBM CAR in step with Microsoft Defender for Endpoint.",
        discussion: """
            Settings come from the environment, or from a YAML file (--config, DEFENDER_CAR_CONFIG). First try them: \
            defender-car check. To see everything work without Defender and CAR: defender-car demo.

            Command lines of IBM's connector (defender-car -tenantID ... -clientID ...) mean "import".

            Completion in the shell: defender-car --generate-completion-script bash (or zsh, fish).
            """,
        version: BuildInfo.text,
        subcommands: [
            Serve.self, ImportCommand.self, CheckCommand.self, SandboxCommand.self, Demo.self, HealthCommand.self,
            SettingsReferenceCommand.self,
        ])

    /// The predecessor's code for bad arguments, where the library would end with 64.
    static let badArguments: Int32 = 2

    static func main() async {
        let given = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(
                PredecessorCommandLine.translated(given, environment: ProcessInfo.processInfo.environment))
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
}
