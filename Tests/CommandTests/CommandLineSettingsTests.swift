import ArgumentParser
import Foundation
import Testing

@testable import defender_car

@Suite struct `Flags of a command line` {
    private static let complete = """
        CONFIGURATION_AUTH_CLIENTID: client
        CONFIGURATION_AUTH_CLIENTSECRET_FILE: /nowhere
        CAR_SERVICE_URL: https://car.example/api/car/v2
        CAR_SERVICE_URL_FOR_AUTHTOKEN: https://car.example/api/car/v2
        CAR_SERVICE_AUTHTOKEN: token

        """
    private static let east = """
        connections:
          - CONNECTION_NAME: east
            CONFIGURATION_AUTH_TENANT: east.example

        """
    private static let both =
        east + """
              - CONNECTION_NAME: west
                CONFIGURATION_AUTH_TENANT: west.example
            """

    private func settings(
        _ line: String, connection: String? = nil, file yaml: String = "", environment: [String: String] = [:]
    ) throws -> [ConnectionSettings] {
        let path = FileManager.default.temporaryDirectory.path + "/defender-car-\(UUID().uuidString)"
        try Data((Self.complete + yaml).utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let arguments = ["import", "-clientSecret", "s3cret"] + line.split(separator: " ").map(String.init)
        let command = try #require(try DefenderCar.parseAsRoot(arguments) as? ImportCommand)
        return try Settings.read(
            environment: ["CONFIGURATION_AUTH_CLIENTSECRET": "other"].merging(environment) { $1 }, configPath: path,
            commandLine: command.predecessor.commandLine(connection: connection)
        ).connections
    }

    /// The settings, or flags, that are complained of.
    private func problems(_ line: String, connection: String? = nil, file: String) -> [String] {
        do {
            _ = try settings(line, connection: connection, file: file)
            return []
        } catch {
            return (error as? SettingsError)?.problems.map(\.setting) ?? ["\(error)"]
        }
    }

    @Test func `win over a connection's own entry, the environment and the top of the file`() throws {
        let connections = try settings(
            "-tenantID flag.example -clientID flag -source flag", file: Self.east,
            environment: ["CONFIGURATION_AUTH_CLIENTID": "environment"])
        #expect(connections.map(\.name) == ["flag"])
        #expect(connections.map(\.defender.tenant) == ["flag.example"])
        #expect(connections.map(\.defender.clientID) == ["flag"])
        #expect(connections.map { $0.defender.clientSecret.reveal() } == ["s3cret"])
    }

    @Test func `that give a key leave no token in use, wherever it is`() throws {
        let connections = try settings("-api_key K -password P", file: Self.east)
        guard case .basic(let key, let password) = connections.first?.car?.authorization else {
            Issue.record("no key")
            return
        }
        #expect([key.reveal(), password.reveal()] == ["K", "P"])
    }

    @Test func `that are empty count as not given`() throws {
        func flags(_ arguments: String...) throws -> PredecessorOptions {
            try #require(try DefenderCar.parseAsRoot(["import"] + arguments) as? ImportCommand).predecessor
        }
        let none = try flags("-tenantID", "", "-api_key", "")
        #expect(none.commandLine(connection: nil).values.isEmpty)
        #expect(none.commandLine(connection: nil).hidden.isEmpty)
        #expect(none.settingFlags(of: "east") == [])
        let key = try flags("-api_key", "K", "-password", "P", "-car-service-token", "")
        #expect(key.commandLine(connection: nil).hidden.contains("CAR_SERVICE_AUTHTOKEN"))
    }

    @Test func `count for the connection that is named, of several`() throws {
        let other = "    CONFIGURATION_AUTH_CLIENTSECRET: other\n"
        let file = Self.east + other + "  - CONNECTION_NAME: west\n" + other
        for line in ["-tenantID flag.example -source west", "-tenantID flag.example"] {
            let environment = ["CONFIGURATION_AUTH_TENANT": "environment.example"]
            let connections = try settings(line, connection: "west", file: file, environment: environment)
            #expect(connections.map(\.name) == ["east", "west"])
            #expect(connections.map(\.defender.tenant) == ["east.example", "flag.example"])
            #expect(connections.map { $0.defender.clientSecret.reveal() } == ["other", "s3cret"])
        }
        let chosen = try settings(
            "-tenantID flag.example -source east", file: file + "    CONFIGURATION_AUTH_TENANT: w")
        #expect(chosen.map(\.defender.tenant) == ["flag.example", "w"])
    }

    @Test func `that can't be told for which connection they are are refused`() {
        #expect(problems("-tenantID T", file: Self.both) == ["-clientSecret", "-tenantID"])
        #expect(problems("-source north", file: Self.both) == ["-clientSecret", "-source"])
        #expect(problems("-tenantID T", connection: "north", file: Self.both) == ["--connection"])
        #expect(problems("-source north", connection: "west", file: Self.east) == ["--connection"])
    }
}
