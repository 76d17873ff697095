/// Words, literals and marks of a hunting query.
enum KQLToken: Sendable, Equatable, CustomStringConvertible {
    /// Identifiers and keywords, with dots (`hint.strategy`) and a leading `$` (`$left`).
    case word(String)
    case string(String)
    case number(Double)
    /// Seconds: `30d`, `12h`, `5m`, `10s`.
    case timespan(Double)
    /// `|`, `,`, `(`, `)`, `==`, `!=`, `>=`, `<=`, `>`, `<`, `=`, `=~`, `!~`, `*`, `..`
    case mark(String)

    var description: String {
        switch self {
        case .word(let word): word
        case .string(let text): "\"\(text)\""
        case .number(let number): "\(number)"
        case .timespan(let seconds): "\(seconds)s"
        case .mark(let mark): mark
        }
    }

    static func tokenize(_ query: String) throws(HuntingError) -> [KQLToken] {
        var tokens: [KQLToken] = []
        var rest = Substring(query).unicodeScalars
        while let scalar = rest.first {
            if scalar.properties.isWhitespace || scalar == ";" && rest.dropFirst().allSatisfy(\.properties.isWhitespace)
            {
                rest.removeFirst()
            } else if rest.starts(with: "//".unicodeScalars) {
                rest = rest.drop { $0 != "\n" }
            } else if scalar == "\"" || scalar == "'" {
                rest.removeFirst()
                tokens.append(.string(try string(&rest, quote: scalar, verbatim: false)))
            } else if scalar == "@", let quote = rest.dropFirst().first, quote == "\"" || quote == "'" {
                rest.removeFirst(2)
                tokens.append(.string(try string(&rest, quote: quote, verbatim: true)))
            } else if ("0"..."9").contains(scalar) {
                tokens.append(try number(&rest))
            } else if isWord(scalar) || scalar == "$" {
                let word = rest.prefix { isWord($0) || $0 == "." || $0 == "$" || ("0"..."9").contains($0) || $0 == "~" }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else {
                tokens.append(try mark(&rest))
            }
        }
        return tokens
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private static func string(
        _ rest: inout Substring.UnicodeScalarView, quote: Unicode.Scalar, verbatim: Bool
    ) throws(HuntingError) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == quote {
                guard verbatim, rest.first == quote else { return String(text) }
                rest.removeFirst()
                text.append(quote)
            } else if scalar == "\\", !verbatim {
                guard let escaped = rest.popFirst() else { break }
                switch escaped {
                case "n": text.append("\n")
                case "t": text.append("\t")
                case "r": text.append("\r")
                case "\\", "\"", "'": text.append(escaped)
                default: throw HuntingError("unknown escape \\\(escaped) in a string")
                }
            } else if scalar == "\n" {
                break
            } else {
                text.append(scalar)
            }
        }
        throw HuntingError("a string is not closed")
    }

    private static func number(_ rest: inout Substring.UnicodeScalarView) throws(HuntingError) -> KQLToken {
        let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
        rest = rest.dropFirst(digits.count)
        let unit = String(rest.prefix(while: isWord))
        rest = rest.dropFirst(unit.count)
        guard let value = Double(String(digits)) else { throw HuntingError("'\(String(digits))' is not a number") }
        let secondsOfUnit: Double
        switch unit {
        case "": return .number(value)
        case "d": secondsOfUnit = 86_400
        case "h": secondsOfUnit = 3600
        case "m", "min": secondsOfUnit = 60
        case "s": secondsOfUnit = 1
        default: throw HuntingError("'\(String(digits))\(unit)' is neither a number nor a timespan")
        }
        guard value * secondsOfUnit <= timespanMaxSeconds else {
            throw HuntingError("the timespan '\(String(digits))\(unit)' is too large")
        }
        return .timespan(value * secondsOfUnit)
    }

    /// Kusto's timespans are 64-bit counts of 100 ns.
    private static let timespanMaxSeconds = Double(Int64.max) / 1e7

    private static func mark(_ rest: inout Substring.UnicodeScalarView) throws(HuntingError) -> KQLToken {
        for mark in ["==", "!=", ">=", "<=", "=~", "!~", "|", ",", "(", ")", ">", "<", "=", "*", "!"] {
            if rest.starts(with: mark.unicodeScalars) {
                rest.removeFirst(mark.unicodeScalars.count)
                return .mark(mark)
            }
        }
        throw HuntingError("unexpected character '\(rest.first.map(String.init) ?? "")'")
    }
}

/// What a query asks that is not understood or can't be: answered with 400.
struct HuntingError: Error, Sendable, Equatable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}
