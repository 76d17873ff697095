import ArgumentParser

/// The flags of IBM's connector and its framework, so that a crontab line works after changing the program's name.
/// Each stands for a setting, which it overrides.
struct PredecessorOptions: ParsableArguments {
    @Option(name: .predecessor("tenantID"), help: .predecessor("CONFIGURATION_AUTH_TENANT")) var tenantID: String?
    @Option(name: .predecessor("clientID"), help: .predecessor("CONFIGURATION_AUTH_CLIENTID")) var clientID: String?
    @Option(name: .predecessor("clientSecret"), help: .predecessor("CONFIGURATION_AUTH_CLIENTSECRET"))
    var clientSecret: String?
    @Option(name: .predecessor("subscriptionID"), help: .predecessor("CONFIGURATION_AUTH_SUBSCRIPTION_ID"))
    var subscriptionID: String?
    @Option(
        name: [.predecessor("url"), .predecessor("car-service-url")], help: .predecessor("CAR_SERVICE_URL"))
    var carURL: String?
    @Option(
        name: [.predecessor("api_key"), .predecessor("car-service-key")], help: .predecessor("CAR_SERVICE_KEY"))
    var carKey: String?
    @Option(
        name: [.predecessor("password"), .predecessor("car-service-password")],
        help: .predecessor("CAR_SERVICE_PASSWORD"))
    var carPassword: String?
    @Option(name: .predecessor("car-service-url-for-token"), help: .predecessor("CAR_SERVICE_URL_FOR_AUTHTOKEN"))
    var carURLForToken: String?
    @Option(name: .predecessor("car-service-token"), help: .predecessor("CAR_SERVICE_AUTHTOKEN")) var carToken: String?
    @Option(name: .predecessor("source"), help: .predecessor("CONNECTION_NAME")) var source: String?
    @Option(name: .predecessor("working_dir"), help: .predecessor("STATE_DIR")) var workingDirectory: String?
    @Option(name: .predecessor("incremental_update"), help: "True: an incremental run; False: an initial import.")
    var incrementalUpdate: Truth?
    @Option(name: .predecessor("alerts"), help: "False leaves alerts out of this run.") var alerts: Truth?
    @Option(name: .predecessor("vuln"), help: "False leaves vulnerabilities out of this run.") var vulnerabilities:
        Truth?
    @Option(name: .predecessor("name"), help: "Accepted, not used.") var connectorName: String?
    @Option(name: .predecessor("version"), help: "Accepted, not used.") var connectorVersion: String?
    @Flag(name: .customShort("d"), help: "Debug logging.") var debug = false

    /// Python's spelling.
    enum Truth: String, ExpressibleByArgument {
        case yes = "True"
        case no = "False"
    }

    /// The environment with the flags in it.
    func applied(to environment: [String: String]) -> [String: String] {
        var changed = environment
        let values = [
            ("CONFIGURATION_AUTH_TENANT", tenantID), ("CONFIGURATION_AUTH_CLIENTID", clientID),
            ("CONFIGURATION_AUTH_CLIENTSECRET", clientSecret), ("CONFIGURATION_AUTH_SUBSCRIPTION_ID", subscriptionID),
            ("CAR_SERVICE_URL", carURL), ("CAR_SERVICE_KEY", carKey), ("CAR_SERVICE_PASSWORD", carPassword),
            ("CAR_SERVICE_URL_FOR_AUTHTOKEN", carURLForToken), ("CAR_SERVICE_AUTHTOKEN", carToken),
            ("CONNECTION_NAME", source),
        ]
        for (name, value) in values { if let value { changed[name] = value } }
        if let workingDirectory, changed["STATE_DIR"] == nil { changed["STATE_DIR"] = workingDirectory }
        if debug { changed["LOG_LEVEL"] = "debug" }
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
    fileprivate static func predecessor(_ setting: String) -> ArgumentHelp { "Instead of \(setting)." }
}
