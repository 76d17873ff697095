import ArgumentParser
import Testing

@testable import defender_car

@Suite struct `Command lines of IBM's connector` {
    private func translated(_ line: String, _ environment: [String: String] = [:]) -> [String] {
        PredecessorCommandLine.translated(line.split(separator: " ").map(String.init), environment: environment)
    }

    private func importCommand(_ line: String) throws -> ImportCommand {
        try #require(try DefenderCar.parseAsRoot(translated(line)) as? ImportCommand)
    }

    @Test func `mean an import where they begin with a flag`() {
        #expect(translated("-tenantID T -d") == ["import", "-tenantID", "T", "-d"])
        #expect(translated("import --kind initial") == ["import", "--kind", "initial"])
        #expect(translated("serve -x") == ["serve", "-x"])
        #expect(translated("--help") == ["--help"])
        #expect(translated("-h") == ["-h"])
        #expect(translated("-help") == ["--help"])
        #expect(translated("-version") == ["--version"])
        #expect(translated("-version 1 -d") == ["import", "-version", "1", "-d"])
    }

    @Test func `may be empty in a container of Cloud Pak`() {
        #expect(translated("") == [])
        for name in ["CONNECTOR_NAME", "CONNECTOR_VERSION", "DATASOURCE_CONNECTION_TEST"] {
            #expect(translated("", [name: "x"]) == ["import"])
            #expect(translated("", [name: ""]) == [])
        }
        #expect(translated("", ["CONFIGURATION_AUTH_TENANT": "T", "CAR_SERVICE_URL": "U"]) == [])
    }

    @Test(arguments: [
        ("-connection-test", ["import", "-connection-test", "True"]),
        ("-connection-test -d", ["import", "-connection-test", "True", "-d"]),
        ("-connection-test False -d", ["import", "-connection-test", "False", "-d"]),
        ("-d -connection-test", ["import", "-d", "-connection-test", "True"]),
        ("import -connection-test", ["import", "-connection-test", "True"]),
    ])
    func `may leave out the value of the connection test`(line: String, expected: [String]) {
        #expect(translated(line) == expected)
    }

    @Test func `of the README are understood word for word`() throws {
        let command = try importCommand(
            "-subscriptionID S -tenantID T -clientID C -clientSecret -x~Q.y -url https://h/api/car/v2 -api_key K "
                + "-password P -source Microsoft-Windows-Defender-ATP -incremental_update True")
        let settings = command.predecessor.commandLine(connection: nil).values.mapValues(\.value)
        #expect(command.predecessor.applied(to: [:]) == [:])
        #expect(
            settings == [
                "CONFIGURATION_AUTH_SUBSCRIPTION_ID": "S", "CONFIGURATION_AUTH_TENANT": "T",
                "CONFIGURATION_AUTH_CLIENTID": "C", "CONFIGURATION_AUTH_CLIENTSECRET": "-x~Q.y",
                "CAR_SERVICE_URL": "https://h/api/car/v2", "CAR_SERVICE_KEY": "K", "CAR_SERVICE_PASSWORD": "P",
                "CONNECTION_NAME": "Microsoft-Windows-Defender-ATP",
            ])
        #expect(command.predecessor.incrementalUpdate == .yes)
    }

    @Test func `of the framework are understood too`() throws {
        let command = try importCommand(
            "-car-service-url U -car-service-key K -car-service-password P -car-service-url-for-token UT "
                + "-car-service-token T -source S -name N -version 1.2 -d -connection-test False -export-data-dir /tmp/x "
                + "-keep-export-data-dir -export-data-page-size 2000 -working_dir /w -alerts False -vuln False")
        let options = command.predecessor
        #expect(
            options.commandLine(connection: nil).values.mapValues(\.value) == [
                "CAR_SERVICE_URL": "U", "CAR_SERVICE_KEY": "K", "CAR_SERVICE_PASSWORD": "P",
                "CAR_SERVICE_URL_FOR_AUTHTOKEN": "UT", "CAR_SERVICE_AUTHTOKEN": "T", "CONNECTION_NAME": "S",
            ])
        #expect(
            options.applied(to: [:]) == [
                "CONNECTOR_NAME": "N", "CONNECTOR_VERSION": "1.2", "LOG_LEVEL": "debug", "STATE_DIR": "/w",
                "DATASOURCE_CONNECTION_TEST": "false",
            ])
        #expect(options.alerts == .no)
        #expect(options.vulnerabilities == .no)
        #expect(options.keepsExportDirectory)
        #expect(options.exportPageSize == 2000)
    }

    @Test(arguments: [
        ("True", PredecessorOptions.Truth.yes), ("true", .yes), ("TRUE", .yes), ("1", .yes), ("yes", .yes),
        ("False", .no), ("false", .no), ("0", .no), ("off", .no),
    ])
    func `write truth in any of Python's ways`(text: String, value: PredecessorOptions.Truth) throws {
        #expect(try importCommand("-alerts \(text)").predecessor.alerts == value)
    }

    @Test(arguments: [
        "-alerts maybe", "-incremental_update", "-tenantID", "-export-data-page-size many", "-unknown 1",
        "import --kind sometimes", "import --wait -1", "import --wait 100000", "import --service-url ftp://h",
        "import --service-url https://h/path", "import extra",
        "import --kind initial -incremental_update True", "import --kind auto -incremental_update False",
    ])
    func `that can't be meant are refused`(line: String) {
        #expect(throws: (any Error).self) { try importCommand(line) }
    }

    @Test func `do not win over STATE_DIR`() throws {
        let options = try importCommand("-working_dir /w").predecessor
        #expect(options.applied(to: ["STATE_DIR": "/state"]) == ["STATE_DIR": "/state"])
    }
}

@Suite struct `The environment of Cloud Pak` {
    @Test(arguments: ["True", "true", "1", "yes", "anything"])
    func `switches on what it names`(value: String) {
        let environment = CloudPakEnvironment(["DEBUG": value, "DATASOURCE_CONNECTION_TEST": value])
        #expect(environment.settings["LOG_LEVEL"] == "debug")
        #expect(environment.isConnectionTest)
    }

    @Test(arguments: ["", "False", "false", "0", "no", "off"])
    func `leaves off what it calls so`(value: String) {
        let environment = CloudPakEnvironment(["DEBUG": value, "DATASOURCE_CONNECTION_TEST": value])
        #expect(environment.settings["LOG_LEVEL"] == nil)
        #expect(!environment.isConnectionTest)
    }

    @Test func `does not overrule a log level`() {
        #expect(CloudPakEnvironment(["DEBUG": "1", "LOG_LEVEL": "error"]).settings["LOG_LEVEL"] == "error")
    }
}
