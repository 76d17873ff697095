import ArgumentParser
import Foundation

/// What is imported, and how long the state directory is waited for.
struct ImportChoice: ParsableArguments {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case auto, initial, incremental
    }

    @Option(
        help: "auto and incremental become an initial import where an incremental run can't be right; auto by default.")
    var kind: Kind?

    @Option(help: ArgumentHelp("Which connection, where several are configured.", valueName: "name"))
    var connection: String?

    @Option(
        help: ArgumentHelp("YAML file with the settings; DEFENDER_CAR_CONFIG where not given.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(help: ArgumentHelp("How long another command may still use STATE_DIR.", valueName: "seconds"))
    var wait = 600

    @Option(
        name: .customLong("service-url"),
        help: ArgumentHelp(
            "Where the service that uses STATE_DIR is reached, if not as STATE_DIR/service.url says.", valueName: "url")
    )
    var serviceURL: String?

    func validate() throws {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait must be 0 to 86400") }
        guard let serviceURL else { return }
        guard let parts = URLComponents(string: serviceURL), ["http", "https"].contains(parts.scheme),
            parts.host?.isEmpty == false, parts.user == nil, ["", "/"].contains(parts.path), parts.query == nil,
            parts.fragment == nil
        else { throw ValidationError("--service-url must be like https://host:8443") }
    }
}
