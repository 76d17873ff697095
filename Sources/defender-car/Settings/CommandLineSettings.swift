/// What the command line says of one connection, which comes before every other source of settings.
struct CommandLineSettings: Sendable {
    /// By the setting's name; the flag that gave it is for messages.
    var values: [String: (flag: String, value: String)] = [:]
    /// Settings that count for nothing beside these values, in whatever source they are.
    var hidden: Set<String> = []
    /// The connection that `--connection` names.
    var connection: String?

    /// The connection to look for once the settings are read: `-source` may have renamed the one that was chosen.
    var connectionName: String? { values["CONNECTION_NAME"]?.value ?? connection }

    /// Which of the connections is meant.
    ///
    /// - Parameter names: of all connections, as the other sources have them.
    /// - Throws: `SettingsError` where values are given and it can't be told for which connection.
    func index(among names: [String]) throws -> Int? {
        guard !values.isEmpty else { return nil }
        let all = names.joined(separator: ", ")
        let source = values["CONNECTION_NAME"]?.value
        if let connection {
            if let index = names.firstIndex(of: connection) { return index }
            if names.count == 1, source == connection { return 0 }
            throw SettingsError(problems: [SettingProblem(setting: "--connection", reason: "must be one of \(all)")])
        }
        if names.count == 1 { return 0 }
        if let index = names.firstIndex(where: { $0 == source }) { return index }
        let reason = "several connections are configured: say with --connection for which this is, one of \(all)"
        let flags = values.values.map(\.flag).sorted()
        throw SettingsError(problems: flags.map { SettingProblem(setting: $0, reason: reason) })
    }
}
