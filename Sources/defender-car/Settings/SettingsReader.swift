import Configuration
import Foundation
import OutboundHTTP

/// Reads typed settings from the environment and the YAML file, and collects what is wrong with them.
///
/// The command line comes first, then a connection's own entry in the file, the environment, and the top of the file. A
/// variable that is set but empty counts as not set.
struct SettingsReader {
    private let reader: ConfigReader
    /// The sources by themselves, the first one first.
    private let sources: [ConfigReader]
    private let connection: String?
    private(set) var problems: [SettingProblem] = []

    /// - Parameter commandLine: what it says of this connection; `nil` where it speaks of another one.
    init(
        environment: [String: String], file: SettingsFile?, connectionEntry: [String: String]?,
        commandLine: CommandLineSettings? = nil
    ) {
        var layers = [("environment", environment.filter { !$0.value.isEmpty })]
        if let connectionEntry { layers.insert(("connection", connectionEntry), at: 0) }
        if let file { layers.append(("file", file.service)) }
        if let commandLine {
            layers = layers.map { name, values in (name, values.filter { !commandLine.hidden.contains($0.key) }) }
            layers.insert(("command line", commandLine.values.mapValues(\.value)), at: 0)
        }
        let providers = layers.map(Self.provider)
        reader = ConfigReader(providers: providers)
        sources = providers.map { ConfigReader(provider: $0) }
        connection = connectionEntry.map { $0["CONNECTION_NAME"] ?? "without a name" }
    }

    private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
        let keyed = values.map { key, value in
            (AbsoluteConfigKey([key]), ConfigValue(.string(value), isSecret: true))
        }
        return InMemoryProvider(name: name, values: Dictionary(keyed, uniquingKeysWith: { first, _ in first }))
    }

    mutating func refuse(_ name: String, _ reason: String) {
        problems.append(SettingProblem(setting: name, reason: reason, connection: connection))
    }

    // MARK: Values

    func text(_ name: String) -> String? {
        let value = reader.string(forKey: ConfigKey([name]), isSecret: true)
        return value ?? SettingDefinition.all.first { $0.name == name }?.defaultText
    }

    mutating func requiredText(_ name: String) -> String {
        if let text = text(name), !text.isEmpty { return text }
        refuse(name, "is required")
        return ""
    }

    /// The value, or the content of the file that `NAME_FILE` names, without the line break at its end; of the first
    /// source that has either.
    mutating func secret(_ name: String) -> Secret? {
        for source in sources {
            let value = source.string(forKey: ConfigKey([name]), isSecret: true)
            let path = source.string(forKey: ConfigKey([name + "_FILE"]))
            if let value {
                // A file that is not there says nothing against it.
                let other = path.flatMap { try? Self.content(ofFile: $0) }
                if let other, other != value { refuse(name, "is another one than in the file of \(name)_FILE") }
                return Secret(value)
            }
            if let path { return secret(name + "_FILE", at: path) }
        }
        return nil
    }

    private static func content(ofFile path: String) throws -> String {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        guard let text = String(validating: data, as: UTF8.self) else { throw NotText() }
        let isBlank = text.allSatisfy(\.isWhitespace)
        return isBlank ? "" : text.trimmingCharacters(in: .newlines)
    }

    private struct NotText: Error {}

    private mutating func secret(_ name: String, at path: String) -> Secret? {
        let value: String
        do {
            value = try Self.content(ofFile: path)
        } catch is NotText {
            refuse(name, "\(path) is not UTF-8")
            return nil
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let reason = cause.map { String(cString: strerror(Int32($0.code))) }
            refuse(name, "\(path) can't be read\(reason.map { ": \($0)" } ?? "")")
            return nil
        }
        if value.isEmpty || value.utf8.count > 64 * 1024 {
            refuse(name, value.isEmpty ? "\(path) is empty" : "\(path) has more than 64 KiB")
            return nil
        }
        return Secret(value)
    }

    /// Whether a complaint about the setting, or about the file that it comes from, was made already.
    func hasRefused(_ name: String) -> Bool {
        problems.contains { $0.setting == name || $0.setting == name + "_FILE" }
    }

    mutating func requiredSecret(_ name: String) -> Secret {
        let known = problems.count
        if let secret = secret(name) { return secret }
        if problems.count == known { refuse(name, "is required (or \(name)_FILE)") }
        return Secret("")
    }

    mutating func flag(_ name: String) -> Bool {
        switch text(name) {
        case "true": return true
        case "false": return false
        default:
            refuse(name, "must be true or false")
            return false
        }
    }

    mutating func number(_ name: String, in range: ClosedRange<Int>) -> Int {
        guard let number = text(name).flatMap(Int.init), range.contains(number) else {
            refuse(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return range.lowerBound
        }
        return number
    }

    /// A number with its unit: `90s`, `10m`, `4h`, `15d`.
    mutating func seconds(_ name: String, in range: ClosedRange<Int64>) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let text = text(name), let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            case let (seconds, overflow) = count.multipliedReportingOverflow(by: unit), !overflow,
            range.contains(seconds)
        else {
            refuse(
                name, "must be a time such as 90s, 10m, 4h or 15d, from \(range.lowerBound)s to \(range.upperBound)s")
            return range.lowerBound
        }
        return seconds
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Value.Type, default fallback: Value
    )
        -> Value where Value.RawValue == String
    {
        if let value = text(name).flatMap(Value.init(rawValue:)) { return value }
        refuse(name, "must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        return fallback
    }
}
