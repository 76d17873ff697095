import ArgumentParser
import Foundation

struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the service on this machine whether it lives: for a container's health check.",
        discussion: """
            Finds the address in HTTP_LISTEN and ends with code 0 where /livez answers 200, with 1 where it does not, \
            within seconds. Where the service speaks HTTPS only the connection is tried.
            """)

    @Option(
        help: .init("YAML file with the settings; DEFENDER_CAR_CONFIG where not given.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Ask /readyz instead: whether the store can be written and the service is not stopping.")
    var ready = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let probe: LoopbackProbe
        do {
            probe = try Self.probe(config: config, environment: environment)
        } catch let error as SettingsError {
            StandardStreams.error("defender-car health:\n\(error)\n")
            throw ExitCode(2)
        }
        do {
            try probe.ask(ready ? "/readyz" : "/livez")
        } catch {
            StandardStreams.error("\(error)\n")
            throw ExitCode(1)
        }
    }

    private static func probe(config: String?, environment: [String: String]) throws -> LoopbackProbe {
        let file = try SettingsFile(option: config, environment: environment)
        let reader = SettingsReader(environment: environment, file: file, connectionEntry: nil)
        guard let listen = reader.text("HTTP_LISTEN").flatMap(ListenAddress.init), listen.port != 0 else {
            let reason = "must be HOST:PORT with a port that is known beforehand"
            throw SettingsError(problems: [SettingProblem(setting: "HTTP_LISTEN", reason: reason)])
        }
        return LoopbackProbe(listen: listen, isTLS: reader.text("TLS_CERTIFICATE") != nil)
    }
}
