import ArgumentParser
import ConnectorCore
import Foundation
import Testing

@testable import defender_car

@Suite struct `The settings` {
    private static let complete = [
        "CONFIGURATION_AUTH_TENANT": "contoso.example", "CONFIGURATION_AUTH_CLIENTID": "client",
        "CONFIGURATION_AUTH_CLIENTSECRET": "s3cret", "CAR_SERVICE_URL": "https://car.example/api/car/v2",
        "CAR_SERVICE_KEY": "key", "CAR_SERVICE_PASSWORD": "password",
    ]

    private func read(_ changes: [String: String] = [:], config: String? = nil) throws -> Settings {
        try Settings.read(environment: Self.complete.merging(changes) { $1 }, configPath: config)
    }

    /// The names of the settings that are complained of.
    private func problems(_ changes: [String: String]) -> [String] {
        do {
            _ = try read(changes)
            return []
        } catch {
            return (error as? SettingsError)?.problems.map(\.setting).sorted() ?? ["\(error)"]
        }
    }

    private func withFile<Result>(_ content: String, _ body: (String) throws -> Result) throws -> Result {
        try withFile(Data(content.utf8), body)
    }

    private func withFile<Result>(_ content: Data, _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.path + "/defender-car-\(UUID().uuidString)"
        try content.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    @Test func `have the published defaults`() throws {
        let settings = try read()
        let connection = try #require(settings.connections.first)
        #expect(connection.name == "Microsoft-Windows-Defender-ATP")
        #expect(connection.defender.apiURL == "https://api.securitycenter.windows.com")
        #expect(connection.defender.scope == "https://api.securitycenter.microsoft.com/.default")
        #expect(connection.defender.requestsPerMinute == 100)
        #expect(connection.defender.huntingPerMinute == 45)
        #expect(connection.run.alerts && connection.run.vulnerabilities)
        #expect(connection.run.overlapSeconds == 600)
        #expect(connection.run.deleteAfterInactiveSeconds == 15 * 86_400)
        #expect(connection.car?.importDeadlineSeconds == 1800)
        #expect(settings.service.listen == ListenAddress("127.0.0.1:8080"))
        #expect(settings.service.stateDirectory == "./state")
    }

    @Test func `that are missing are all named`() {
        let absent = Dictionary(uniqueKeysWithValues: Self.complete.keys.map { ($0, "") })
        #expect(problems(absent) == Self.complete.keys.sorted())
        #expect(problems(["CAR_SERVICE_AUTHTOKEN": "token"]) == ["CAR_SERVICE_URL_FOR_AUTHTOKEN"])
    }

    @Test(arguments: [
        ("IMPORT_ALERTS", "True"), ("DEFENDER_REQUESTS_PER_MINUTE", "-1"), ("INCREMENTAL_OVERLAP", "10"),
        ("INCREMENTAL_OVERLAP", "99999999999999999d"), ("DELETE_GUARD_PERCENT", "101"), ("LOG_LEVEL", "loud"),
        ("SCHEDULE_INITIAL", "61 * * * *"), ("HTTP_LISTEN", "0.0.0.0:80"), ("HTTP_LISTEN", "::1:80"),
        ("API_TOKEN", "short"), ("TLS_CERTIFICATE", "/nowhere"), ("CA_FILE", "/nowhere"),
        ("CAR_SERVICE_URL", "car.example"), ("CONNECTION_NAME", "a/b"), ("CONFIGURATION_AUTH_TENANT", "common"),
        ("DEFENDER_API_URL", "https://u:p@h"), ("DEFENDER_HUNTING_API", "odata"),
    ])
    func `that can't be used are named`(name: String, value: String) {
        #expect(problems([name: value]).contains { $0 == name || $0.hasPrefix("TLS_") }, "\(problems([name: value]))")
    }

    @Test(arguments: ["TLS_CERTIFICATE", "TLS_KEY", "TLS_CLIENT_CA", "CA_FILE"])
    func `that name files refuse a directory`(name: String) {
        #expect(problems([name: FileManager.default.temporaryDirectory.path]).contains(name))
    }

    @Test(arguments: [
        "", "garbage", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ])
    func `that name certificates refuse a file without one`(content: String) throws {
        for name in ["TLS_CERTIFICATE", "TLS_CLIENT_CA", "CA_FILE"] {
            try withFile(content) { path in #expect(problems([name: path]).contains(name)) }
        }
    }

    @Test func `that name certificates take a file with several`() throws {
        let one = "-----BEGIN CERTIFICATE-----\nAAAA\nAA==\n-----END CERTIFICATE-----\n"
        try withFile("A comment\n" + one + "\r\n" + one) { path in #expect(problems(["CA_FILE": path]) == []) }
    }

    @Test func `that are secret come from files too, and are never shown`() throws {
        try withFile("from-file\n") { path in
            let settings = try read([
                "CONFIGURATION_AUTH_CLIENTSECRET": "", "CONFIGURATION_AUTH_CLIENTSECRET_FILE": path,
            ])
            #expect(settings.connections.first?.defender.clientSecret.reveal() == "from-file")
            #expect(!"\(settings)".contains("from-file"))
            #expect(!String(reflecting: settings).contains("from-file"))
        }
        let unreadable = ["CONFIGURATION_AUTH_CLIENTSECRET": "", "CONFIGURATION_AUTH_CLIENTSECRET_FILE": "/nowhere"]
        #expect(problems(unreadable) == ["CONFIGURATION_AUTH_CLIENTSECRET_FILE"])
    }

    @Test(arguments: [
        (Array(" \n".utf8), "is empty"), (Array("\t\r\n".utf8), "is empty"), ([], "is empty"),
        ([0x73, 0xFF, 0x0A], "is not UTF-8"),
    ])
    func `that are secret come from no file without text`(content: [UInt8], says: String) throws {
        try withFile(Data(content)) { path in
            let changes = ["CAR_SERVICE_PASSWORD": "", "CAR_SERVICE_PASSWORD_FILE": path]
            let error = #expect(throws: SettingsError.self) { try read(changes) }
            #expect(error?.problems.map(\.setting) == ["CAR_SERVICE_PASSWORD_FILE"])
            #expect(error?.problems.first?.reason.hasSuffix(says) == true, "\(error?.description ?? "")")
        }
    }

    @Test func `that are secret come from the first source that has them, in whichever form`() throws {
        try withFile("of-the-connection") { secret in
            let yaml = """
                CAR_SERVICE_PASSWORD: of-the-top
                connections:
                  - CONNECTION_NAME: east
                    CONFIGURATION_AUTH_CLIENTSECRET_FILE: \(secret)
                    CAR_SERVICE_PASSWORD_FILE: \(secret)
                """
            try withFile(yaml) { path in
                // Of another tenant, in the environment.
                let settings = try read(["CONFIGURATION_AUTH_CLIENTSECRET": "of-another-tenant"], config: path)
                #expect(settings.connections.first?.defender.clientSecret.reveal() == "of-the-connection")
                guard case .basic(_, let password) = settings.connections.first?.car?.authorization else {
                    Issue.record("no password")
                    return
                }
                #expect(password.reveal() == "of-the-connection")
            }
            #expect(problems(["CAR_SERVICE_PASSWORD_FILE": secret]) == ["CAR_SERVICE_PASSWORD"])
            let twice = ["CAR_SERVICE_PASSWORD": "of-the-connection", "CAR_SERVICE_PASSWORD_FILE": secret]
            #expect(problems(twice) == [])
        }
    }

    @Test(arguments: ["operator-token-12345\n", "tökens-are-long-enough", "a token with some spaces"])
    func `that are tokens of the API can be sent`(token: String) {
        #expect(problems(["API_TOKEN": token]) == ["API_TOKEN"])
        #expect(problems(["API_READ_TOKEN": token]) == ["API_READ_TOKEN"])
    }

    @Test func `of several connections come from YAML, each with its own`() throws {
        let yaml = """
            LOG_LEVEL: warning
            connections:
              - CONNECTION_NAME: east
                CONFIGURATION_AUTH_TENANT: east.example
                IMPORT_ALERTS: false
              - CONNECTION_NAME: west
                SCHEDULE_INCREMENTAL: "*/5 * * * *"
            """
        try withFile(yaml) { path in
            let settings = try read(config: path)
            #expect(settings.connections.map(\.name) == ["east", "west"])
            #expect(settings.connections.map(\.defender.tenant) == ["east.example", "contoso.example"])
            #expect(settings.connections.map(\.run.alerts) == [false, true])
            #expect(settings.connections.last?.schedules[.incremental]?.text == "*/5 * * * *")
            #expect(settings.service.logLevel == .warning)
            #expect(try settings.connection(named: "west", for: "import").name == "west")
            #expect(throws: ExitCode(2)) { try settings.connection(named: nil, for: "import") }
            #expect(throws: ExitCode(2)) { try settings.connection(named: "north", for: "check") }
        }
    }

    @Test(arguments: [
        "[]", "nonsense: 1", "connections: []", "connections:\n  - STATE_DIR: /x", "a: [", "LOG_LEVEL: [1]",
    ])
    func `of a YAML file that can't be meant are refused without its content`(yaml: String) throws {
        try withFile(yaml + "\nAPI_TOKEN: 0123456789abcdef") { path in
            do {
                _ = try read(config: path)
                Issue.record("taken")
            } catch {
                #expect(error is SettingsError)
                #expect(!"\(error)".contains("0123456789abcdef"))
            }
        }
    }

    @Test(arguments: ["CAR_SERVICE_KEY", "CAR_SERVICE_PASSWORD"])
    func `that are missing are named once`(name: String) {
        #expect(problems([name: ""]) == [name])
    }

    @Test func `that are schedules say how there is none`() {
        for (text, isTold) in [("OFF", true), ("never", true), ("61 * * * *", false)] {
            let error = #expect(throws: SettingsError.self) { try read(["SCHEDULE_INITIAL": text]) }
            #expect(error?.description.contains("off, in small letters") == isTold)
        }
    }

    @Test func `name what led to a file that can't be read`() {
        #expect(problems(["DEFENDER_CAR_CONFIG": "/nonexistent"]) == ["DEFENDER_CAR_CONFIG"])
        let error = #expect(throws: SettingsError.self) { try read(config: "/nonexistent") }
        #expect(error?.problems.map(\.setting) == ["--config"])
    }

    @Test(arguments: ["yes", "on", "True", "TRUE", "1"])
    func `that are switches are true or false in YAML too, and nothing like it`(value: String) throws {
        try withFile("IMPORT_ALERTS: \(value)") { path in
            _ = #expect(throws: SettingsError.self) { try read(config: path) }
        }
        try withFile("IMPORT_ALERTS: true\nIMPORT_VULNERABILITIES: 'false'") { path in
            let run = try #require(try read(config: path).connections.first).run
            #expect(run.alerts && !run.vulnerabilities)
        }
    }

    @Test func `in YAML mean what is written, not what YAML makes of it`() throws {
        try withFile("CONNECTION_NAME: no\nCAR_SERVICE_KEY: 0123\nDEFENDER_REQUESTS_PER_MINUTE: 50") { path in
            let file = try SettingsFile(option: path, environment: [:])
            #expect(
                file?.service == [
                    "CONNECTION_NAME": "no", "CAR_SERVICE_KEY": "0123", "DEFENDER_REQUESTS_PER_MINUTE": "50",
                ])
        }
    }

    @Test(arguments: ["", "~", "null", "''"])
    func `that are blank in YAML count as not set`(blank: String) throws {
        let yaml = """
            SCHEDULE_INCREMENTAL: \(blank)
            LOG_LEVEL: \(blank)
            connections:
              - CONNECTION_NAME: \(blank)
                CONFIGURATION_AUTH_TENANT: \(blank)
            """
        try withFile(yaml) { path in
            let settings = try read(config: path)
            #expect(settings.service.logLevel == .info)
            #expect(settings.connections.map(\.name) == ["Microsoft-Windows-Defender-ATP"])
            #expect(settings.connections.map(\.defender.tenant) == ["contoso.example"])
            #expect(settings.connections.first?.schedules.isEmpty == true)
        }
    }

    @Test(arguments: [
        ("LOG_LEVEL: info\nLOG_LEVEL: error", "LOG_LEVEL"), ("s3cret: 1\ns3cret: 2", "a key that is not a setting"),
        ("connections:\n  - CONNECTION_NAME: a\n    CONNECTION_NAME: b", "CONNECTION_NAME"),
    ])
    func `that YAML gives more than once are named`(yaml: String, named: String) throws {
        try withFile(yaml) { path in
            let error = #expect(throws: SettingsError.self) { try read(config: path) }
            #expect(error?.problems.map(\.reason) == ["\(path) gives more than once: \(named)"])
        }
    }

    @Test(arguments: [
        ("127.0.0.1:0", true), ("127.9.8.7:0", true), ("[::1]:0", true), ("localhost:0", true),
        ("127.anything.example:0", false), ("127.1:0", false), ("0.0.0.0:0", false), ("[::]:0", false),
    ])
    func `take an address for loopback by its number alone`(address: String, isLoopback: Bool) {
        #expect(ListenAddress(address)?.isLoopback == isLoopback)
        #expect(problems(["HTTP_LISTEN": address]) == (isLoopback ? [] : ["HTTP_LISTEN"]))
    }

    @Test func `of addresses to listen on concern no command that ends by itself`() throws {
        try withFile("HTTP_LISTEN: 0.0.0.0:8080\nMETRICS_LISTEN: 0.0.0.0:9090") { path in
            let settings = try SettingsCommand.read(config: path, environment: Self.complete, isOneRun: true)
            #expect(settings.service.listen?.isLoopback == true)
            #expect(settings.service.metricsListen?.isLoopback == true)
            #expect(throws: SettingsError.self) { try read(config: path) }
        }
    }

    @Test func `with credentials for another machine are told where they go unencrypted`() throws {
        func unencrypted(_ changes: [String: String], config: String? = nil) throws -> [String] {
            UnencryptedURLs(of: try read(changes, config: config).connections).entries.map { "\($0.setting) \($0.url)" }
        }
        #expect(try unencrypted([:]) == [])
        let loopback = ["CAR_SERVICE_URL": "http://127.0.0.1:1/x", "DEFENDER_LOGIN_URL": "HTTP://localhost:2"]
        #expect(try unencrypted(loopback.merging(["DEFENDER_API_URL": "http://[::1]:3"]) { $1 }) == [])
        #expect(
            try unencrypted([
                "CAR_SERVICE_URL": "http://car.example/api", "DEFENDER_LOGIN_URL": "HTTP://login.example",
                "DEFENDER_API_URL": "http://127.example:8080", "GRAPH_API_URL": "http://graph.example",
            ]) == [
                "DEFENDER_LOGIN_URL http://login.example/", "DEFENDER_API_URL http://127.example:8080/",
                "CAR_SERVICE_URL http://car.example/api",
            ])
        let token = [
            "CAR_SERVICE_AUTHTOKEN": "token", "CAR_SERVICE_URL_FOR_AUTHTOKEN": "http://car.example/",
            "GRAPH_API_URL": "http://graph.example", "DEFENDER_HUNTING_API": "graph",
        ]
        try withFile("connections:\n  - CONNECTION_NAME: a\n  - CONNECTION_NAME: b") { path in
            let found = try unencrypted(token, config: path)
            #expect(
                found == [
                    "GRAPH_API_URL http://graph.example/", "CAR_SERVICE_URL_FOR_AUTHTOKEN http://car.example/",
                ])
        }
    }

    @Test func `of two connections with one name are refused`() throws {
        try withFile("connections:\n  - CONNECTION_NAME: a\n  - CONNECTION_NAME: a") { path in
            _ = #expect(throws: SettingsError.self) { try read(config: path) }
        }
    }
}
