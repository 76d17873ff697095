/// What Cloud Pak for Security puts into a connector's environment beside the settings.
struct CloudPakEnvironment {
    let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// Whether Cloud Pak has started this process: it names the connector to its container.
    var isPresent: Bool {
        ["CONNECTOR_NAME", "CONNECTOR_VERSION", "DATASOURCE_CONNECTION_TEST"].contains { value($0) != nil }
    }

    var connectorName: String? { value("CONNECTOR_NAME") }
    var connectorVersion: String? { value("CONNECTOR_VERSION") }

    /// Whether only the data source is to be tried.
    var isConnectionTest: Bool { isOn("DATASOURCE_CONNECTION_TEST") }

    /// With `DEBUG` as the log level that it means, unless there is one.
    var settings: [String: String] {
        guard isOn("DEBUG"), value("LOG_LEVEL") == nil else { return environment }
        return environment.merging(["LOG_LEVEL": "debug"]) { $1 }
    }

    /// To the framework, whatever is not empty is on; the words that people mean as off are off here.
    private func isOn(_ name: String) -> Bool {
        guard let value = value(name)?.lowercased() else { return false }
        return !["false", "0", "no", "off"].contains(value)
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
