import ArgumentParser

struct SettingsReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Print every setting with its default and its meaning.",
        discussion: "defender-car settings --format env > defender-car.env makes a file to fill in.")

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case markdown, env, names
    }

    @Option(help: "markdown: tables; env: a file of environment variables, all of them comments; names: one a line.")
    var format = Format.env

    func run() {
        let reference = SettingsReference()
        switch format {
        case .markdown: StandardStreams.output(reference.markdown)
        case .env: StandardStreams.output(reference.environmentFile)
        case .names: StandardStreams.output(reference.names)
        }
    }
}
