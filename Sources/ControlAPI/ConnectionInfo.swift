import ConnectorCore

/// What the API may show of a configured connection: no tenant, no credential.
public struct ConnectionInfo: Sendable, Equatable {
    public var name: String
    /// Base addresses of the two services.
    public var defenderURL: String
    public var carURL: String
    /// What a run reads unless its request says otherwise.
    public var alerts: Bool
    public var vulnerabilities: Bool
    /// Cron expressions (UTC) of the scheduled kinds.
    public var schedules: [JobKind: String]

    public init(
        name: String, defenderURL: String = "", carURL: String = "", alerts: Bool = true, vulnerabilities: Bool = true,
        schedules: [JobKind: String] = [:]
    ) {
        self.name = name
        self.defenderURL = defenderURL
        self.carURL = carURL
        self.alerts = alerts
        self.vulnerabilities = vulnerabilities
        self.schedules = schedules
    }
}

/// One thing that a connection check tried.
public struct CheckResult: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        case ok, denied, unreachable, misconfigured
    }

    /// A permission or service, e.g. `Machine.Read.All`.
    public var name: String
    public var status: Status
    /// What to do about it; `nil` where nothing is to be done.
    public var hint: String?

    public init(name: String, status: Status, hint: String? = nil) {
        self.name = name
        self.status = status
        self.hint = hint
    }
}
