import CARImporter
import ConnectorCore
import DefenderFetcher
import Foundation
import JobQueue
import Logging
import OutboundHTTP
import Telemetry

/// Everything that the process is told from outside, read once and checked.
struct Settings: Sendable {
    var service: ServiceSettings
    var connections: [ConnectionSettings]

    /// - Parameters:
    ///   - configPath: the YAML file; `DEFENDER_CAR_CONFIG` where `nil`.
    ///   - commandLine: what it says of one of the connections.
    /// - Throws: `SettingsError` with every problem at once.
    static func read(
        environment: [String: String], configPath: String? = nil, commandLine: CommandLineSettings = .init()
    ) throws -> Settings {
        let file = try SettingsFile(option: configPath, environment: environment)
        var reader = SettingsReader(environment: environment, file: file, connectionEntry: nil)
        let service = ServiceSettings(reading: &reader)
        var problems = reader.problems
        let configured = file.map { $0.connections.map(Optional.some) } ?? []
        let entries = configured.isEmpty ? [nil] : configured
        let chosen = try commandLine.index(
            among: entries.map {
                SettingsReader(environment: environment, file: file, connectionEntry: $0).text("CONNECTION_NAME") ?? ""
            })
        var connections: [ConnectionSettings] = []
        for (index, entry) in entries.enumerated() {
            var reader = SettingsReader(
                environment: environment, file: file, connectionEntry: entry,
                commandLine: index == chosen ? commandLine : nil)
            connections.append(ConnectionSettings(reading: &reader))
            problems += reader.problems
        }
        for (name, count) in Dictionary(connections.map { ($0.name, 1) }, uniquingKeysWith: +) where count > 1 {
            problems.append(SettingProblem(setting: "CONNECTION_NAME", reason: "\(name) names \(count) connections"))
        }
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
        return Settings(service: service, connections: connections)
    }
}

/// Settings of the process.
struct ServiceSettings: Sendable {
    var listen = ListenAddress("127.0.0.1:8080")
    /// Where probes and metrics are served besides; `nil` where nowhere else.
    var metricsListen: ListenAddress?
    var operatorToken: Secret?
    var readerToken: Secret?
    var metricsOpen: Bool
    var webhookURL: String?
    var webhookSecret: Secret?
    var tlsCertificate: String?
    var tlsKey: String?
    var tlsClientAuthorities: String?
    var caFile: String?
    var stateDirectory: String
    var runsAtOnce: Int
    var logLevel: Logger.Level
    var logFormat: LogFormat

    init(reading reader: inout SettingsReader) {
        listen = ListenAddress(reader.text("HTTP_LISTEN") ?? "")
        let metricsAddress = reader.text("METRICS_LISTEN")
        metricsListen = metricsAddress.flatMap(ListenAddress.init)
        operatorToken = reader.secret("API_TOKEN")
        readerToken = reader.secret("API_READ_TOKEN")
        metricsOpen = reader.flag("METRICS_OPEN")
        webhookURL = reader.text("WEBHOOK_URL")
        webhookSecret = reader.secret("WEBHOOK_SECRET")
        tlsCertificate = reader.text("TLS_CERTIFICATE")
        tlsKey = reader.text("TLS_KEY")
        tlsClientAuthorities = reader.text("TLS_CLIENT_CA")
        caFile = reader.text("CA_FILE")
        stateDirectory = reader.text("STATE_DIR") ?? "./state"
        runsAtOnce = reader.number("RUNS_AT_ONCE", in: 1...64)
        logLevel = reader.choice("LOG_LEVEL", Logger.Level.self, default: .info)
        logFormat = reader.choice("LOG_FORMAT", LogFormat.self, default: .json)
        check(&reader)
        checkMetricsAddress(metricsAddress, &reader)
    }

    private func checkMetricsAddress(_ text: String?, _ reader: inout SettingsReader) {
        guard text != nil else { return }
        guard let metricsListen else {
            reader.refuse("METRICS_LISTEN", "must be HOST:PORT, an IPv6 address in brackets, such as [::]:9090")
            return
        }
        if metricsListen == listen, metricsListen.port != 0 {
            reader.refuse("METRICS_LISTEN", "must differ from HTTP_LISTEN")
        }
        if !metricsListen.isLoopback, operatorToken == nil, readerToken == nil, !metricsOpen {
            reader.refuse(
                "METRICS_LISTEN",
                "an address beyond loopback needs API_TOKEN or API_READ_TOKEN, or METRICS_OPEN=true for everybody")
        }
    }

    private func check(_ reader: inout SettingsReader) {
        if listen == nil {
            reader.refuse("HTTP_LISTEN", "must be HOST:PORT, an IPv6 address in brackets, such as [::]:8080")
        } else if listen?.isLoopback == false, operatorToken == nil, readerToken == nil {
            reader.refuse(
                "HTTP_LISTEN",
                "an address beyond loopback needs API_TOKEN or API_READ_TOKEN: without one, anyone could start imports")
        }
        for (name, token) in [("API_TOKEN", operatorToken), ("API_READ_TOKEN", readerToken)] {
            guard let token else { continue }
            if token.reveal().utf8.count < 16 { reader.refuse(name, "must have at least 16 characters") }
            // No client could send it, or it would never be the same.
            if !token.reveal().utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
                reader.refuse(name, "holds white space, a line break or a character that is not ASCII")
            }
        }
        if let operatorToken, operatorToken == readerToken {
            reader.refuse("API_READ_TOKEN", "must differ from API_TOKEN")
        }
        if (tlsCertificate == nil) != (tlsKey == nil) {
            reader.refuse(tlsKey == nil ? "TLS_KEY" : "TLS_CERTIFICATE", "is required together with the other")
        }
        if let webhookURL, !["http://", "https://"].contains(where: webhookURL.lowercased().hasPrefix) {
            reader.refuse("WEBHOOK_URL", "must begin with https:// or http://")
        }
        if webhookSecret != nil, webhookURL == nil { reader.refuse("WEBHOOK_SECRET", "needs WEBHOOK_URL") }
        if tlsClientAuthorities != nil, tlsCertificate == nil {
            reader.refuse("TLS_CLIENT_CA", "needs TLS_CERTIFICATE and TLS_KEY")
        }
        for (name, path) in [
            ("TLS_CERTIFICATE", tlsCertificate), ("TLS_KEY", tlsKey), ("TLS_CLIENT_CA", tlsClientAuthorities),
            ("CA_FILE", caFile),
        ] {
            if let path, let reason = Self.problem(withFile: path, isKey: name == "TLS_KEY") {
                reader.refuse(name, reason)
            }
        }
    }

    /// A key is not read here: commands that only trust the service's certificate may not be allowed to.
    private static func problem(withFile path: String, isKey: Bool) -> String? {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            return "\(path) is a directory"
        }
        if isKey { return FileManager.default.isReadableFile(atPath: path) ? nil : "\(path) can't be read" }
        guard let content = FileManager.default.contents(atPath: path) else { return "\(path) can't be read" }
        let isUsable = CertificateText.holdsCertificate(String(decoding: content, as: UTF8.self))
        return isUsable ? nil : "\(path) holds no certificate in PEM form"
    }
}

/// Settings of one connection: a Defender tenant and the CAR source that it is copied to.
struct ConnectionSettings: Sendable {
    var name: String
    var defender: DefenderSettings
    var car: CARSettings?
    var run: RunOptions
    /// Absent where the kind is not scheduled.
    var schedules: [JobKind: CronExpression] = [:]

    var scheduleEntries: [ScheduleEntry] {
        schedules.map { ScheduleEntry(connection: name, kind: $0.key, expression: $0.value) }
    }

    init(reading reader: inout SettingsReader) {
        name = reader.requiredText("CONNECTION_NAME")
        defender = Self.defender(&reader)
        run = RunOptions(
            alerts: reader.flag("IMPORT_ALERTS"), vulnerabilities: reader.flag("IMPORT_VULNERABILITIES"),
            addresses: reader.choice("DEFENDER_ADDRESSES", AddressSource.self, default: .hunting),
            users: reader.choice("DEFENDER_USERS", UserSource.self, default: .logonUsers),
            vulnerabilitySource: reader.choice(
                "DEFENDER_VULNERABILITIES", VulnerabilitySource.self, default: .hunting),
            overlapSeconds: reader.seconds("INCREMENTAL_OVERLAP", in: 0...30 * 86_400),
            deleteAfterInactiveSeconds: reader.seconds("DELETE_AFTER_INACTIVE", in: 0...3650 * 86_400),
            deleteGuardPercent: reader.number("DELETE_GUARD_PERCENT", in: 0...100))
        car = Self.car(source: name, &reader)
        readSchedules(&reader)
    }

    private static func defender(_ reader: inout SettingsReader) -> DefenderSettings {
        var settings = DefenderSettings(
            apiURL: reader.requiredText("DEFENDER_API_URL"), loginURL: reader.requiredText("DEFENDER_LOGIN_URL"),
            tenant: reader.requiredText("CONFIGURATION_AUTH_TENANT"),
            clientID: reader.requiredText("CONFIGURATION_AUTH_CLIENTID"),
            clientSecret: reader.requiredSecret("CONFIGURATION_AUTH_CLIENTSECRET"),
            scope: reader.requiredText("DEFENDER_SCOPE"))
        let limits = 0...1_000_000
        settings.requestsPerMinute = reader.number("DEFENDER_REQUESTS_PER_MINUTE", in: limits)
        settings.requestsPerHour = reader.number("DEFENDER_REQUESTS_PER_HOUR", in: limits)
        settings.huntingPerMinute = reader.number("DEFENDER_HUNTING_PER_MINUTE", in: limits)
        settings.huntingPerHour = reader.number("DEFENDER_HUNTING_PER_HOUR", in: limits)
        settings.exportPerMinute = reader.number("DEFENDER_EXPORT_PER_MINUTE", in: limits)
        settings.exportPerHour = reader.number("DEFENDER_EXPORT_PER_HOUR", in: limits)
        settings.huntingRowLimit = reader.number("DEFENDER_HUNTING_ROW_LIMIT", in: 1...100_000_000)
        settings.huntingAPI = reader.choice("DEFENDER_HUNTING_API", HuntingAPI.self, default: .defender)
        settings.graphURL = reader.requiredText("GRAPH_API_URL")
        settings.graphScope = reader.requiredText("GRAPH_SCOPE")
        settings.userAgent = BuildInfo.userAgent
        for problem in settings.problems() {
            let name = Self.defenderNames[problem.field] ?? problem.field
            // One that is missing is reported as such already.
            if !reader.hasRefused(name) { reader.refuse(name, problem.reason) }
        }
        return settings
    }

    private static let defenderNames = [
        "apiURL": "DEFENDER_API_URL", "loginURL": "DEFENDER_LOGIN_URL", "tenant": "CONFIGURATION_AUTH_TENANT",
        "clientID": "CONFIGURATION_AUTH_CLIENTID", "clientSecret": "CONFIGURATION_AUTH_CLIENTSECRET",
        "scope": "DEFENDER_SCOPE", "graphURL": "GRAPH_API_URL", "graphScope": "GRAPH_SCOPE",
    ]

    private static func car(source: String, _ reader: inout SettingsReader) -> CARSettings? {
        let deadline = Double(reader.seconds("CAR_IMPORT_DEADLINE", in: 1...7 * 86_400))
        let authorization: CARAuthorization
        let urlName: String
        if let token = reader.secret("CAR_SERVICE_AUTHTOKEN") {
            urlName = "CAR_SERVICE_URL_FOR_AUTHTOKEN"
            authorization = .token(token)
        } else {
            urlName = "CAR_SERVICE_URL"
            authorization = .basic(
                key: reader.requiredSecret("CAR_SERVICE_KEY"), password: reader.requiredSecret("CAR_SERVICE_PASSWORD"))
        }
        let url = reader.requiredText(urlName)
        guard !url.isEmpty, !source.isEmpty else { return nil }
        do {
            var settings = try CARSettings(baseURL: url, authorization: authorization, source: source)
            settings.importDeadlineSeconds = deadline
            return settings
        } catch {
            // A credential that is missing is reported as such already.
            let isMissing = reader.hasRefused("CAR_SERVICE_KEY") || reader.hasRefused("CAR_SERVICE_PASSWORD")
            for problem in error.problems where !(isMissing && problem.field == "authorization") {
                reader.refuse(settingName(of: problem.field, url: urlName), problem.reason)
            }
            return nil
        }
    }

    private static func settingName(of field: String, url: String) -> String {
        switch field {
        case "baseURL": url
        case "source": "CONNECTION_NAME"
        default: url == "CAR_SERVICE_URL" ? "CAR_SERVICE_KEY" : "CAR_SERVICE_AUTHTOKEN"
        }
    }

    private mutating func readSchedules(_ reader: inout SettingsReader) {
        for (name, kind) in [("SCHEDULE_INCREMENTAL", JobKind.incremental), ("SCHEDULE_INITIAL", .initial)] {
            guard let text = reader.text(name), text != "off", !text.isEmpty else { continue }
            do {
                schedules[kind] = try CronExpression(text)
            } catch {
                // One word alone is hardly a cron expression with a mistake.
                let isWord = !text.contains(" ")
                reader.refuse(name, isWord ? "\(error); off, in small letters, means no schedule" : "\(error)")
            }
        }
    }
}
