import ArgumentParser

/// The flags of IBM's connector and its framework, so that a crontab line works after changing the program's name.
/// Those that stand for a setting override it.
struct PredecessorOptions: ParsableArguments {
    @Option(
        name: .predecessor("tenantID"), parsing: .unconditional, help: .predecessor("CONFIGURATION_AUTH_TENANT", "id"))
    var tenantID: String?
    @Option(
        name: .predecessor("clientID"), parsing: .unconditional, help: .predecessor("CONFIGURATION_AUTH_CLIENTID", "id")
    )
    var clientID: String?
    @Option(
        name: .predecessor("clientSecret"), parsing: .unconditional,
        help: .predecessor("CONFIGURATION_AUTH_CLIENTSECRET", "secret"))
    var clientSecret: String?
    @Option(
        name: .predecessor("subscriptionID"), parsing: .unconditional,
        help: .predecessor("CONFIGURATION_AUTH_SUBSCRIPTION_ID", "id"))
    var subscriptionID: String?
    @Option(
        name: [.predecessor("url"), .predecessor("car-service-url")], parsing: .unconditional,
        help: .predecessor("CAR_SERVICE_URL", "url"))
    var carURL: String?
    @Option(
        name: [.predecessor("api_key"), .predecessor("car-service-key")], parsing: .unconditional,
        help: .predecessor("CAR_SERVICE_KEY", "key"))
    var carKey: String?
    @Option(
        name: [.predecessor("password"), .predecessor("car-service-password")], parsing: .unconditional,
        help: .predecessor("CAR_SERVICE_PASSWORD", "password"))
    var carPassword: String?
    @Option(
        name: .predecessor("car-service-url-for-token"), parsing: .unconditional,
        help: .predecessor("CAR_SERVICE_URL_FOR_AUTHTOKEN", "url"))
    var carURLForToken: String?
    @Option(
        name: .predecessor("car-service-token"), parsing: .unconditional,
        help: .predecessor("CAR_SERVICE_AUTHTOKEN", "token"))
    var carToken: String?
    @Option(name: .predecessor("source"), parsing: .unconditional, help: .predecessor("CONNECTION_NAME", "name"))
    var source: String?
    @Option(
        name: .predecessor("working_dir"), parsing: .unconditional,
        help: ArgumentHelp("Where the state is kept, unless STATE_DIR says where.", valueName: "folder"))
    var workingDirectory: String?

    @Option(
        name: .predecessor("incremental_update"),
        help: .truth("True: an incremental run; False: an initial import; default: what is right."))
    var incrementalUpdate: Truth?
    @Option(name: .predecessor("alerts"), help: .truth("False leaves alerts out of this run."))
    var alerts: Truth?
    @Option(name: .predecessor("vuln"), help: .truth("False leaves vulnerabilities out of this run."))
    var vulnerabilities: Truth?
    @Option(
        name: .predecessor("connection-test"),
        help: .truth("Only try Entra and Defender, as \"check\" does. Also DATASOURCE_CONNECTION_TEST."))
    var connectionTest: Truth?
    @Flag(name: .customShort("d"), help: "Debug logging. Also DEBUG.")
    var debug = false

    @Option(
        name: .predecessor("name"), parsing: .unconditional,
        help: ArgumentHelp("Shown in log lines. Also CONNECTOR_NAME.", valueName: "text"))
    var connectorName: String?
    @Option(
        name: .predecessor("version"), parsing: .unconditional,
        help: ArgumentHelp("Likewise. Also CONNECTOR_VERSION.", valueName: "text"))
    var connectorVersion: String?
    @Option(
        name: .predecessor("export-data-dir"), parsing: .unconditional,
        help: ArgumentHelp("Accepted; nothing is written to files.", valueName: "folder"))
    var exportDirectory: String?
    @Flag(name: .predecessor("keep-export-data-dir"), help: "Accepted likewise.")
    var keepsExportDirectory = false
    @Option(name: .predecessor("export-data-page-size"), help: ArgumentHelp("Accepted likewise.", valueName: "count"))
    var exportPageSize: Int?

    /// Python's `True` and `False`, and what people write for them.
    enum Truth: ExpressibleByArgument {
        case yes, no

        init?(argument: String) {
            switch argument.lowercased() {
            case "true", "1", "yes", "on": self = .yes
            case "false", "0", "no", "off": self = .no
            default: return nil
            }
        }
    }

    /// The flags that say whom to read and where to write, with the setting that each stands for.
    private var connectionFlags: [(flag: String, setting: String, value: String?)] {
        [
            ("-tenantID", "CONFIGURATION_AUTH_TENANT", tenantID),
            ("-clientID", "CONFIGURATION_AUTH_CLIENTID", clientID),
            ("-clientSecret", "CONFIGURATION_AUTH_CLIENTSECRET", clientSecret), ("-url", "CAR_SERVICE_URL", carURL),
            ("-api_key", "CAR_SERVICE_KEY", carKey), ("-password", "CAR_SERVICE_PASSWORD", carPassword),
            ("-car-service-url-for-token", "CAR_SERVICE_URL_FOR_AUTHTOKEN", carURLForToken),
            ("-car-service-token", "CAR_SERVICE_AUTHTOKEN", carToken), ("-source", "CONNECTION_NAME", source),
        ]
    }

    /// Those given, which count for nothing where a service does the import.
    ///
    /// - Parameter connection: the one that the service is asked for.
    func settingFlags(of connection: String) -> [String] {
        connectionFlags.filter { !($0.value ?? "").isEmpty && !($0.flag == "-source" && source == connection) }
            .map(\.flag)
    }

    /// What the flags say of a connection. An empty value counts as not given.
    func commandLine(connection: String?) -> CommandLineSettings {
        var settings = CommandLineSettings(connection: connection)
        let subscription = ("-subscriptionID", "CONFIGURATION_AUTH_SUBSCRIPTION_ID", subscriptionID)
        for (flag, setting, value) in connectionFlags + [subscription] {
            if let value, !value.isEmpty { settings.values[setting] = (flag, value) }
        }
        // A token from elsewhere would be used instead of the key that the command line gives.
        if settings.values["CAR_SERVICE_KEY"] != nil, settings.values["CAR_SERVICE_AUTHTOKEN"] == nil {
            settings.hidden = ["CAR_SERVICE_AUTHTOKEN", "CAR_SERVICE_AUTHTOKEN_FILE"]
        }
        return settings
    }

    /// The environment with the flags in it that speak of the process.
    func applied(to environment: [String: String]) -> [String: String] {
        var changed = environment
        if let connectorName { changed["CONNECTOR_NAME"] = connectorName }
        if let connectorVersion { changed["CONNECTOR_VERSION"] = connectorVersion }
        if let workingDirectory, changed["STATE_DIR"]?.isEmpty ?? true { changed["STATE_DIR"] = workingDirectory }
        if debug { changed["LOG_LEVEL"] = "debug" }
        if let connectionTest { changed["DATASOURCE_CONNECTION_TEST"] = connectionTest == .yes ? "true" : "false" }
        return changed
    }
}

extension NameSpecification {
    fileprivate static func predecessor(_ name: String) -> NameSpecification {
        .customLong(name, withSingleDash: true)
    }
}

extension NameSpecification.Element {
    fileprivate static func predecessor(_ name: String) -> NameSpecification.Element {
        .customLong(name, withSingleDash: true)
    }
}

extension ArgumentHelp {
    fileprivate static func predecessor(_ setting: String, _ valueName: String) -> ArgumentHelp {
        ArgumentHelp("Instead of \(setting).", valueName: valueName)
    }

    fileprivate static func truth(_ text: String) -> ArgumentHelp {
        ArgumentHelp("\(text)", valueName: "True|False")
    }
}
