import ArgumentParser
import ConnectorCore
import Foundation
import Logging
import Telemetry

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Run one import and end, for cron and for Cloud Pak for Security.",
        discussion: """
            Shows a progress bar on a terminal and prints a JSON line for each change elsewhere. Ends with 0, or with the \
            code of IBM's connector: 10 CAR can't be used now or refuses the credentials; 20 CAR refused something else, an \
            initial import is next; 50 to 55 Defender (51 unreachable, 52 credentials, 53 permission, 54 request refused, \
            55 bad data); 2 bad arguments or settings; 130 and 143 ended by SIGINT and SIGTERM, the next run goes on; 1 \
            anything else.

            Where a service uses the same STATE_DIR, the service does the import and this command waits for its end; it \
            then needs the service's API_TOKEN. Where another command uses it, this one waits for its end first.

            Secrets on a command line show in the process list: the environment or NAME_FILE is the better place.
            """)

    @OptionGroup(title: "The run") var choice: ImportChoice
    @OptionGroup(title: "Flags of IBM's connector and its framework") var predecessor: PredecessorOptions

    func validate() throws {
        guard choice.kind == nil || predecessor.incrementalUpdate == nil else {
            throw ValidationError("--kind and -incremental_update say the same: give one of them")
        }
    }

    func run() async throws {
        let environment = predecessor.applied(to: ProcessInfo.processInfo.environment)
        let cloudPak = CloudPakEnvironment(environment)
        let commandLine = predecessor.commandLine(connection: choice.connection)
        let settings = try SettingsCommand.read(
            config: choice.config, environment: environment, isOneRun: true, commandLine: commandLine)
        let connection = try settings.connection(named: commandLine.connectionName, for: "import")
        LoggingSystem.bootstrap { label in
            ServiceLogHandler(label: label, format: settings.service.logFormat, level: settings.service.logLevel)
        }
        if cloudPak.isConnectionTest {
            let code = await CheckCommand.check([connection], of: settings, .dataSource, asJSON: nil)
            if code != 0 { throw ExitCode(code) }
            return
        }
        var logger = Logger(label: "defender-car")
        logger[metadataKey: "connector"] = cloudPak.connectorName.map { "\($0)" }
        logger[metadataKey: "connector_version"] = cloudPak.connectorVersion.map { "\($0)" }
        let session = ImportSession(
            settings: settings, request: request(for: connection.name), wait: .seconds(choice.wait),
            serviceURL: choice.serviceURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 },
            ownFlags: predecessor.settingFlags(of: connection.name), logger: logger)
        let code = await session.run()
        if code != 0 { throw ExitCode(code) }
    }

    private func request(for connection: String) -> ImportRequest {
        let kind: JobKind =
            if let incremental = predecessor.incrementalUpdate {
                incremental == .yes ? .incremental : .initial
            } else {
                choice.kind == .initial ? .initial : .incremental
            }
        return ImportRequest(
            kind: kind, connection: connection,
            options: JobOptions(
                alerts: predecessor.alerts.map { $0 == .yes },
                vulnerabilities: predecessor.vulnerabilities.map { $0 == .yes }))
    }
}
