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
            code of IBM's connector: 10 CAR, try again; 20 CAR refused something, an initial import is next; 50 to 55 \
            Defender (51 unreachable, 52 credentials, 53 permission, 54 request refused, 55 bad data); 2 bad arguments or \
            settings; 1 anything else.

            Where a service uses the same STATE_DIR, the service does the import and this command waits for its end; it \
            then needs the service's API_TOKEN. Where another command uses it, this one waits for its end first.

            Secrets on a command line show in the process list: the environment or NAME_FILE is the better place.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case auto, initial, incremental
    }

    @Option(help: "auto and incremental become an initial import where an incremental run can't be right.")
    var kind = Kind.auto

    @Option(help: "Which connection, where several are configured.")
    var connection: String?

    @Option(help: "YAML file with the settings; DEFENDER_CAR_CONFIG where not given.")
    var config: String?

    @Option(help: "How many seconds another command may still use STATE_DIR.")
    var wait = 600

    @Option(
        name: .customLong("service-url"),
        help: "Where the service that uses STATE_DIR is reached, if not as STATE_DIR/service.url says.")
    var serviceURL: String?

    @OptionGroup(title: "Flags of IBM's connector and its framework") var predecessor: PredecessorOptions

    func validate() throws {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait must be 0 to 86400") }
        if let serviceURL {
            guard let parts = URLComponents(string: serviceURL), ["http", "https"].contains(parts.scheme),
                parts.host?.isEmpty == false, parts.user == nil, ["", "/"].contains(parts.path), parts.query == nil
            else { throw ValidationError("--service-url must be like https://host:8443") }
        }
    }

    func run() async throws {
        let environment = predecessor.applied(to: ProcessInfo.processInfo.environment)
        let cloudPak = CloudPakEnvironment(environment)
        let settings = try SettingsCommand.read(config: config, environment: environment, isOneRun: true)
        let connection = try settings.connection(named: connection)
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
            settings: settings, request: request(for: connection.name), wait: .seconds(wait),
            serviceURL: serviceURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }, logger: logger)
        let code = await session.run()
        if code != 0 { throw ExitCode(code) }
    }

    private func request(for connection: String) -> ImportRequest {
        let kind: JobKind =
            if let incremental = predecessor.incrementalUpdate {
                incremental == .yes ? .incremental : .initial
            } else {
                self.kind == .initial ? .initial : .incremental
            }
        return ImportRequest(
            kind: kind, connection: connection,
            options: JobOptions(
                alerts: predecessor.alerts.map { $0 == .yes },
                vulnerabilities: predecessor.vulnerabilities.map { $0 == .yes }))
    }
}
