import ArgumentParser

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the service: the control API, the job queue and the schedule.",
        discussion: "Prints one line to standard output once it accepts requests: listening on http://HOST:PORT")

    @Option(
        help: .init("YAML file with the settings; DEFENDER_CAR_CONFIG where not given.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    func run() async throws {
        let settings = try SettingsCommand.read(config: config)
        try SettingsCommand.telling { try CertificateFiles(settings.service)?.check() }
        try await Service(settings).run()
    }
}
