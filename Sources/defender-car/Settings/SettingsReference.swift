/// The settings by subject, as a person reads them. A setting finds its place by its name.
struct SettingsReference: Sendable {
    struct Section: Sendable {
        var title: String
        var text: String
        /// How the names of its settings begin; a longer beginning wins over a shorter one of another section.
        var prefixes: [String]
        var settings: [SettingDefinition] = []
    }

    private(set) var sections: [Section] = [
        Section(
            title: "Defender", text: "Who reads, and where.",
            prefixes: [
                "CONFIGURATION_AUTH_", "DEFENDER_API_", "DEFENDER_LOGIN_", "DEFENDER_SCOPE", "GRAPH_",
                "DEFENDER_HUNTING_API",
            ]),
        Section(
            title: "Defender's limits",
            text: "Calls that the service allows itself, per tenant: connections of one tenant share them.",
            prefixes: ["DEFENDER_"]),
        Section(
            title: "CAR", text: "Either an API key with its password, or a token.",
            prefixes: ["CAR_", "CONNECTION_NAME"]),
        Section(
            title: "What a run does", text: "Read anew at each start; a request can leave data out of one run.",
            prefixes: [
                "DEFENDER_ADDRESSES", "DEFENDER_USERS", "DEFENDER_VULNERABILITIES", "IMPORT_", "INCREMENTAL_",
                "DELETE_",
            ]),
        Section(
            title: "Schedule",
            text: "Five fields (minute, hour, day, month, weekday), or `@hourly`, `@daily`, `@weekly`, `@monthly`, "
                + "`@yearly`, in UTC, or `off`. Runs that fall due while one is queued are that one.",
            prefixes: ["SCHEDULE_"]),
        Section(
            title: "Control API", text: "Where it listens and whom it answers.",
            prefixes: ["HTTP_", "API_", "METRICS_", "TLS_", "WEBHOOK_"]),
        Section(title: "Process", text: "What is left.", prefixes: [""]),
    ]

    init(_ settings: [SettingDefinition] = SettingDefinition.all) {
        for setting in settings {
            let place = sections.indices.max { match(setting, $0) < match(setting, $1) }
            if let place { sections[place].settings.append(setting) }
        }
    }

    /// Characters of the longest beginning that fits; -1 where none does.
    private func match(_ setting: SettingDefinition, _ section: Int) -> Int {
        sections[section].prefixes.filter { setting.name.hasPrefix($0) }.map(\.count).max() ?? -1
    }

    // MARK: Forms

    /// One table per section.
    var markdown: String {
        sections.filter { !$0.settings.isEmpty }.map { section in
            let rows = section.settings.map { setting in
                let marks = [
                    setting.scope == .connection ? "connection" : "service", setting.isSecret ? "secret" : nil,
                ]
                let fallback = setting.defaultText.map { "`\($0)`" } ?? setting.need ?? ""
                let kind = marks.compactMap(\.self).joined(separator: ", ")
                return "| `\(setting.name)` | \(fallback) | \(kind) | \(Self.escaped(setting.summary)) |"
            }
            return
                "## \(section.title)\n\n\(section.text)\n\n| setting | default | scope | meaning |\n|---|---|---|---|\n"
                + rows.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }

    /// A file for `EnvironmentFile=` or `env_file` in which every line is a comment.
    var environmentFile: String {
        let head = """
            # For a shell (set -a; . ./defender-car.env; set +a), systemd's EnvironmentFile= or a container's env_file.
            # Take away the # before what you set. A value with spaces stands in double quotes.


            """
        return head
            + sections.filter { !$0.settings.isEmpty }.map { section in
                let lines = section.settings.map { setting in
                    let file = setting.isSecret ? " (or \(setting.name)_FILE: a file with it)" : ""
                    let need = setting.need.map { "\($0): " } ?? ""
                    return "# \(need)\(setting.summary)\(file)\n#\(setting.name)=\(setting.defaultText ?? "")"
                }
                return "### \(section.title)\n" + lines.joined(separator: "\n") + "\n"
            }.joined(separator: "\n")
    }

    /// One name a line: what scripts check a manifest against.
    var names: String {
        sections.flatMap(\.settings).flatMap { $0.isSecret ? [$0.name, $0.name + "_FILE"] : [$0.name] }.sorted()
            .map { $0 + "\n" }.joined()
    }
}
