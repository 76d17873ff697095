import ConnectorCore
import Foundation

/// Shows the results of a check: a table on a terminal, a JSON line for each connection elsewhere.
struct CheckConsole {
    private let isJSON: Bool
    private let terminal = Terminal.standardOutput

    /// - Parameter asJSON: `nil` for what suits standard output.
    init(asJSON: Bool?) {
        isJSON = asJSON ?? !terminal.isTerminal
    }

    func begin(_ connection: String) {
        guard !isJSON, terminal.isTerminal else { return }
        StandardStreams.output("checking \(connection) ...")
    }

    func show(_ connection: String, _ results: [CheckResult]) {
        if isJSON {
            StandardStreams.output(Self.line(connection, results) + "\n")
        } else {
            let start = terminal.isTerminal ? "\r\u{1B}[K" : ""
            StandardStreams.output(start + Self.table(connection, results, columns: terminal.columns) + "\n")
        }
    }

    // MARK: Table

    private static let indentation = 17

    static func table(_ connection: String, _ results: [CheckResult], columns: Int) -> String {
        var lines = [connection]
        var lastHint: String?
        for result in results {
            let status = result.status.rawValue
            let padding = String(repeating: " ", count: max(1, indentation - 2 - status.count))
            lines.append("  \(status)\(padding)\(result.name)")
            guard let hint = result.hint else { continue }
            let room = max(30, min(columns, 110) - indentation)
            // An unreachable host is the fault of every check that needs it.
            lines += wrapped(hint == lastHint ? "As above." : hint, room).map {
                String(repeating: " ", count: indentation) + $0
            }
            lastHint = hint
        }
        return lines.joined(separator: "\n")
    }

    static func wrapped(_ text: String, _ columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return line.isEmpty ? lines : lines + [line]
    }

    // MARK: JSON

    private struct Line: Encodable {
        struct Check: Encodable {
            enum Key: String, CodingKey {
                case name, status, hint
            }

            let result: CheckResult

            /// As in the API: `hint` is there even where it is null.
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(result.name, forKey: .name)
                try container.encode(result.status.rawValue, forKey: .status)
                try container.encode(result.hint, forKey: .hint)
            }
        }

        var connection: String
        var checks: [Check]
        /// With which a command that checked this connection alone ends.
        var code: Int32
    }

    static func line(_ connection: String, _ results: [CheckResult]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(connection: connection, checks: results.map { .init(result: $0) }, code: results.exitCode)
        // Texts and numbers: what can't fail to encode.
        guard let data = try? encoder.encode(line) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
