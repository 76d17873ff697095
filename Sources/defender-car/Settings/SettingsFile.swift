import Foundation
import Yams

/// The YAML file: settings of the service at the top, and a list `connections` whose entries hold settings of theirs.
struct SettingsFile: Sendable, Equatable {
    var service: [String: String] = [:]
    var connections: [[String: String]] = []

    /// Switches and numbers as they are written: YAML takes yes for true, and 010 for 8.
    private static let asWritten = Resolver.default.removing(.bool).removing(.int).removing(.float)
        .removing(.timestamp)

    private static let variable = "DEFENDER_CAR_CONFIG"

    /// What `--config` names, or else the environment; `nil` where neither does.
    static func path(option: String?, environment: [String: String]) -> String? {
        option ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The file at `path(option:environment:)`; `nil` where there is none.
    ///
    /// - Throws: `SettingsError` naming every member that is unknown or not a plain value.
    init?(option: String?, environment: [String: String]) throws {
        guard let path = Self.path(option: option, environment: environment) else { return nil }
        let setting = option == nil ? Self.variable : "--config"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError(problems: [SettingProblem(setting: setting, reason: "\(path) can't be read")])
        }
        try self.init(yaml: String(decoding: data, as: UTF8.self), name: path, namedBy: setting)
    }

    /// - Parameter setting: what named the file, for messages.
    init(yaml: String, name: String, namedBy setting: String = "--config") throws {
        let document: Any?
        do {
            document = try Yams.load(yaml: yaml, Self.asWritten)
        } catch {
            if case .duplicatedKeysInMapping(let keys, _)? = error as? YamlError {
                let reason = "\(name) gives more than once: \(Self.shown(keys).joined(separator: ", "))"
                throw SettingsError(problems: [SettingProblem(setting: setting, reason: reason)])
            }
            // The parser's message may quote the line, and with it a secret.
            let line = (error as? YamlError)?.line.map { ", line \($0)" } ?? ""
            throw SettingsError(problems: [SettingProblem(setting: setting, reason: "\(name) is not YAML\(line)")])
        }
        guard let members = document as? [String: Any] else {
            let reason = "\(name) must hold a mapping of settings"
            throw SettingsError(problems: [SettingProblem(setting: setting, reason: reason)])
        }
        var problems: [SettingProblem] = []
        for (key, value) in members where key != "connections" {
            service[key] = Self.plain(value, key, in: nil, scopes: [.service, .connection], &problems)
        }
        if let entries = members["connections"] {
            addConnections(entries, &problems)
        }
        if !problems.isEmpty { throw SettingsError(problems: problems.sorted { $0.setting < $1.setting }) }
    }

    /// Those that are settings: another key may be a secret in the wrong place.
    private static func shown(_ keys: [String]) -> [String] {
        keys.sorted().map { key in
            let isKnown = SettingDefinition.all.contains { key == $0.name || key == $0.name + "_FILE" }
            return isKnown || key == "connections" ? key : "a key that is not a setting"
        }
    }

    private mutating func addConnections(_ entries: Any, _ problems: inout [SettingProblem]) {
        guard let list = entries as? [[String: Any]], !list.isEmpty else {
            problems.append(
                SettingProblem(setting: "connections", reason: "must be a list of mappings with at least one entry"))
            return
        }
        for (index, members) in list.enumerated() {
            let label = members["CONNECTION_NAME"] as? String ?? "number \(index + 1)"
            var values: [String: String] = [:]
            for (key, value) in members {
                values[key] = Self.plain(value, key, in: label, scopes: [.connection], &problems)
            }
            connections.append(values)
        }
    }

    /// The value of a member; `nil` where it is left blank, which counts as not set.
    private static func plain(
        _ value: Any, _ key: String, in connection: String?, scopes: [SettingDefinition.Scope],
        _ problems: inout [SettingProblem]
    ) -> String? {
        let name = key.hasSuffix("_FILE") && key != "CA_FILE" ? String(key.dropLast(5)) : key
        guard let definition = SettingDefinition.all.first(where: { $0.name == name }),
            name == key || definition.isSecret
        else {
            problems.append(SettingProblem(setting: key, reason: "is not a setting", connection: connection))
            return nil
        }
        guard scopes.contains(definition.scope) else {
            problems.append(
                SettingProblem(
                    setting: key, reason: "is a setting of the service: put it at the top of the file",
                    connection: connection))
            return nil
        }
        if value is NSNull { return nil }
        guard let text = value as? String else {
            problems.append(SettingProblem(setting: key, reason: "must be a plain value", connection: connection))
            return nil
        }
        return text.isEmpty ? nil : text
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }
}
