/// One setting: its name, what it means, and what it is when nothing is said. The settings reference is made from these.
struct SettingDefinition: Sendable {
    enum Scope: Sendable {
        /// Of the process.
        case service
        /// Of one connection; in the YAML file it may stand in each entry of `connections`.
        case connection
    }

    var name: String
    var scope: Scope
    var defaultText: String?
    var summary: String
    /// A secret may also be given as `NAME_FILE`, and is never shown.
    var isSecret = false
    /// Said where there is no default, because nothing works without it.
    var need: String?

    static let all: [SettingDefinition] = [
        .init(
            name: "CONNECTION_NAME", scope: .connection, defaultText: "Microsoft-Windows-Defender-ATP",
            summary: "CAR's source, and the connection's name in the API"),
        .init(
            name: "CONFIGURATION_AUTH_TENANT", scope: .connection,
            summary: "Entra tenant: its id or one of its domains", need: "required"),
        .init(
            name: "CONFIGURATION_AUTH_CLIENTID", scope: .connection, summary: "id of the Entra application",
            need: "required"),
        .init(
            name: "CONFIGURATION_AUTH_CLIENTSECRET", scope: .connection,
            summary: "client secret of the Entra application (the value, not its id)", isSecret: true, need: "required"),
        .init(
            name: "CONFIGURATION_AUTH_SUBSCRIPTION_ID", scope: .connection,
            summary: "Azure subscription; accepted as IBM's connector has it, not used"),
        .init(
            name: "CAR_SERVICE_URL", scope: .connection,
            summary: "CAR's import API with CAR_SERVICE_KEY, e.g. https://host/api/car/v2",
            need: "required, or the token"),
        .init(
            name: "CAR_SERVICE_KEY", scope: .connection, summary: "API key of CAR", isSecret: true,
            need: "required, or the token"),
        .init(
            name: "CAR_SERVICE_PASSWORD", scope: .connection, summary: "password that belongs to the API key",
            isSecret: true, need: "required, or the token"),
        .init(
            name: "CAR_SERVICE_URL_FOR_AUTHTOKEN", scope: .connection,
            summary: "CAR's import API with CAR_SERVICE_AUTHTOKEN", need: "required, or the key"),
        .init(
            name: "CAR_SERVICE_AUTHTOKEN", scope: .connection,
            summary: "token for CAR; used instead of key and password where it is set", isSecret: true,
            need: "required, or the key"),
        .init(
            name: "DEFENDER_API_URL", scope: .connection, defaultText: "https://api.securitycenter.windows.com",
            summary: "base of the Defender API; sovereign clouds have their own"),
        .init(
            name: "DEFENDER_LOGIN_URL", scope: .connection, defaultText: "https://login.microsoftonline.com",
            summary: "base of the token endpoint"),
        .init(
            name: "DEFENDER_SCOPE", scope: .connection,
            defaultText: "https://api.securitycenter.microsoft.com/.default", summary: "scope of the token"),
        .init(
            name: "DEFENDER_HUNTING_API", scope: .connection, defaultText: "defender",
            summary:
                "defender or graph: graph asks Microsoft Graph and needs its permission ThreatHunting.Read.All; Microsoft ends Defender's own hunting API after 2027-02-01"
        ),
        .init(
            name: "GRAPH_API_URL", scope: .connection, defaultText: "https://graph.microsoft.com",
            summary: "base of Microsoft Graph; sovereign clouds have their own"),
        .init(
            name: "GRAPH_SCOPE", scope: .connection, defaultText: "https://graph.microsoft.com/.default",
            summary: "scope of Graph's token"),
        .init(
            name: "DEFENDER_ADDRESSES", scope: .connection, defaultText: "hunting",
            summary:
                "hunting or machines: machines takes addresses and MACs from the machine list and saves a query per 150 machines; it knows no prefix lengths, so every private IPv6 address of the adapter counts as /64"
        ),
        .init(
            name: "DEFENDER_USERS", scope: .connection, defaultText: "logonusers",
            summary:
                "logonusers or hunting: hunting asks for the logon events of 150 machines at a time instead of one call per machine; it shows who logged on in the last 30 days, and nobody on systems that report no logon events"
        ),
        .init(
            name: "DEFENDER_VULNERABILITIES", scope: .connection, defaultText: "hunting",
            summary:
                "hunting or export: export reads software and CVEs from Defender's vulnerability export, in incremental runs only what has changed, and needs the permission Vulnerability.Read.All; it takes no hunting CPU quota, its data is up to 6 hours old, and an initial import moves 1 KB for each row; machines that are new to an incremental run are still asked by hunting; the first run after the change, or after 14 days without one, becomes an initial import"
        ),
        .init(
            name: "DEFENDER_REQUESTS_PER_MINUTE", scope: .connection, defaultText: "100",
            summary: "calls per minute and API family; 0 = unlimited"),
        .init(
            name: "DEFENDER_REQUESTS_PER_HOUR", scope: .connection, defaultText: "1500",
            summary: "calls per hour and API family; 0 = unlimited"),
        .init(
            name: "DEFENDER_HUNTING_PER_MINUTE", scope: .connection, defaultText: "45",
            summary: "hunting queries per minute; 0 = unlimited"),
        .init(
            name: "DEFENDER_HUNTING_PER_HOUR", scope: .connection, defaultText: "1500",
            summary: "hunting queries per hour; 0 = unlimited"),
        .init(
            name: "DEFENDER_EXPORT_PER_MINUTE", scope: .connection, defaultText: "30",
            summary: "pages of the vulnerability export and its changes per minute; 0 = unlimited"),
        .init(
            name: "DEFENDER_EXPORT_PER_HOUR", scope: .connection, defaultText: "1000",
            summary: "pages of the vulnerability export and its changes per hour; 0 = unlimited"),
        .init(
            name: "DEFENDER_HUNTING_ROW_LIMIT", scope: .connection, defaultText: "100000",
            summary: "an answer with this many rows counts as cut and is asked again in parts"),
        .init(
            name: "IMPORT_ALERTS", scope: .connection, defaultText: "true",
            summary: "whether alerts are read; where not, CAR keeps those that an earlier import brought"),
        .init(
            name: "IMPORT_VULNERABILITIES", scope: .connection, defaultText: "true",
            summary: "whether software and CVEs are read; where not, CAR keeps those that an earlier import brought"),
        .init(
            name: "INCREMENTAL_OVERLAP", scope: .connection, defaultText: "10m",
            summary: "how far an incremental run looks back behind the save point"),
        .init(
            name: "DELETE_AFTER_INACTIVE", scope: .connection, defaultText: "15d",
            summary: "an Inactive machine not seen for this long is deleted"),
        .init(
            name: "DELETE_GUARD_PERCENT", scope: .connection, defaultText: "20",
            summary: "a run that would remove more of the known machines (and more than 10) stops; 100 = no guard"),
        .init(
            name: "CAR_IMPORT_DEADLINE", scope: .connection, defaultText: "30m",
            summary: "how long an import may stay unconfirmed before it counts as failed"),
        .init(
            name: "SCHEDULE_INCREMENTAL", scope: .connection, defaultText: "off",
            summary: "cron expression (UTC) of incremental runs"),
        .init(
            name: "SCHEDULE_INITIAL", scope: .connection, defaultText: "off",
            summary: "cron expression (UTC) of initial imports"),
        .init(
            name: "HTTP_LISTEN", scope: .service, defaultText: "127.0.0.1:8080",
            summary: "address of the control API; port 0 = any, printed at start"),
        .init(
            name: "METRICS_LISTEN", scope: .service,
            summary:
                "another address for /livez, /readyz and /metrics alone, always plain HTTP: for probes and Prometheus, which then need neither the control API's network nor its certificates"
        ),
        .init(
            name: "WEBHOOK_URL", scope: .service,
            summary:
                "is told of every job that has ended: a POST with a CloudEvent 1.0 in JSON, repeated until it is taken"),
        .init(
            name: "WEBHOOK_SECRET", scope: .service,
            summary: "key of the HMAC-SHA256 of a webhook's body in X-Hub-Signature-256", isSecret: true),
        .init(
            name: "API_TOKEN", scope: .service,
            summary: "bearer token that may start and cancel jobs; at least 16 characters", isSecret: true),
        .init(
            name: "API_READ_TOKEN", scope: .service, summary: "bearer token that may only read; at least 16 characters",
            isSecret: true),
        .init(
            name: "METRICS_OPEN", scope: .service, defaultText: "false",
            summary: "whether /metrics needs no token"),
        .init(name: "TLS_CERTIFICATE", scope: .service, summary: "PEM file of the server's certificate chain: HTTPS"),
        .init(name: "TLS_KEY", scope: .service, summary: "PEM file of the certificate's key"),
        .init(
            name: "TLS_CLIENT_CA", scope: .service,
            summary: "PEM file of the authorities whose client certificates are asked for"),
        .init(
            name: "CA_FILE", scope: .service,
            summary:
                "PEM file of the authorities that Defender's and CAR's certificates are checked against; unset: the system's"
        ),
        .init(
            name: "STATE_DIR", scope: .service, defaultText: "./state", summary: "folder of the embedded database"),
        .init(
            name: "RUNS_AT_ONCE", scope: .service, defaultText: "4", summary: "connections that import at a time"),
        .init(
            name: "LOG_LEVEL", scope: .service, defaultText: "info",
            summary: "trace, debug, info, notice, warning, error or critical"),
        .init(name: "LOG_FORMAT", scope: .service, defaultText: "json", summary: "json or text"),
    ]
}

/// A setting that can't be used, with the reason in words.
struct SettingProblem: Sendable, Equatable, CustomStringConvertible {
    var setting: String
    var reason: String
    /// The connection that it belongs to, where the file configures several.
    var connection: String?

    var description: String {
        connection.map { "\(setting) (connection \($0)): \(reason)" } ?? "\(setting): \(reason)"
    }
}

/// Everything that is wrong with the settings, reported at once.
struct SettingsError: Error, CustomStringConvertible {
    var problems: [SettingProblem]

    var description: String {
        problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
