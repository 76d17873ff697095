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
