import ArgumentParser
import ConnectorCore
import DefenderFetcher
import Foundation
import Logging
import Telemetry

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Try login, every permission and CAR, and say what to do about what is wrong.",
        discussion: """
            Changes nothing and may run beside the service. Ends with 0 when everything is ok, otherwise with the code \
            with which an import would fail: 51 Defender unreachable, 52 credentials, 53 permission or licence, 54 \
            request refused, 55 something else answers; 10 or 20 CAR; 2 settings; 1 anything else, such as a wrong clock.

            The flags of IBM's connector are taken as by "import".
            """)

    @Option(help: .init("Which connection, where several are configured; all where not given.", valueName: "name"))
    var connection: String?

    @Option(
        help: .init("YAML file with the settings; DEFENDER_CAR_CONFIG where not given.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(inversion: .prefixedNo, help: "A JSON line for each connection; the default without a terminal.")
    var json: Bool?

    @OptionGroup(visibility: .hidden) var predecessor: PredecessorOptions

    func run() async throws {
        let commandLine = predecessor.commandLine(connection: connection)
        let settings = try SettingsCommand.read(
            config: config, environment: predecessor.applied(to: ProcessInfo.processInfo.environment), isOneRun: true,
            commandLine: commandLine)
        let connections: [ConnectionSettings]
        if let name = commandLine.connectionName {
            connections = [try settings.connection(named: name, for: "check")]
        } else {
            connections = settings.connections
        }
        let code = await Self.check(connections, of: settings, .everything, asJSON: json)
        if code != 0 { throw ExitCode(code) }
    }

    /// Checks one connection after the other and shows what comes of it.
    ///
    /// - Parameter asJSON: `nil` for a table where there is a terminal.
    /// - Returns: the exit code.
    static func check(
        _ connections: [ConnectionSettings], of settings: Settings, _ scope: ConnectionCheck.Scope, asJSON: Bool?
    ) async -> Int32 {
        let console = CheckConsole(asJSON: asJSON)
        let budgets = TenantBudgets()
        var code: Int32 = 0
        for connection in connections {
            let check = ConnectionCheck(
                settings: connection, budgets: budgets.budgets(for: connection), caFile: settings.service.caFile)
            console.begin(connection.name)
            let results = await check.run(scope)
            console.show(connection.name, results)
            if code == 0 { code = results.exitCode }
        }
        return code
    }
}
