import ArgumentParser

@main
struct DefenderCar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defender-car",
        abstract: "Keeps IBM CAR in step with Microsoft Defender for Endpoint.",
        discussion: """
            Settings come from the environment, or from a YAML file (--config, DEFENDER_CAR_CONFIG). To see it work \
            without Defender and CAR: defender-car demo.
            """,
        version: BuildInfo.version,
        subcommands: [Serve.self, SandboxCommand.self, Demo.self])
}
