/// Makes text from anywhere fit for one log line: bounded, and without characters that end the line, move a terminal's
/// cursor or turn the reading direction.
enum LogText {
    static let valueBytesMax = 4096

    /// At most `valueBytesMax` bytes of `text`, cut between characters, with `…` where something was cut.
    static func bounded(_ text: String) -> String {
        guard text.utf8.count > valueBytesMax else { return text }
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            if count > valueBytesMax - 3 { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "…"
    }

    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }

    /// `text` within quotes, as a JSON string.
    static func appendJSON(_ text: String, to line: inout String) {
        line += "\""
        for scalar in bounded(text).unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where isUnsafe(scalar): line += "\\u" + hex(scalar)
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }

    /// `text` as it is where it is one plain word (`isMessage`: one plain line), else as a JSON string.
    static func appendPlain(_ text: String, isMessage: Bool, to line: inout String) {
        let text = bounded(text)
        let needsQuotes = text.unicodeScalars.contains {
            isUnsafe($0) || !isMessage && ($0 == " " || $0 == "\"" || $0 == "=" || $0 == "\\")
        }
        if needsQuotes || text.isEmpty && !isMessage { appendJSON(text, to: &line) } else { line += text }
    }

    /// Four hexadecimal digits; every unsafe character lies in the basic plane.
    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
