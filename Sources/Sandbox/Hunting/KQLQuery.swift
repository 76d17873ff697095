/// A parsed query: a table and the operators after it.
struct KQLQuery: Sendable, Equatable {
    indirect enum Operator: Sendable, Equatable {
        case filter(KQLCondition)
        /// Output name and source column.
        case project([(name: String, column: String)])
        case distinct([String])
        case order([(column: String, ascending: Bool)])
        case take(Int)
        case count
        case join(kind: String, right: KQLQuery, leftKey: String, rightKey: String)

        static func == (a: Self, b: Self) -> Bool { "\(a)" == "\(b)" }
    }

    var table: String
    var operators: [Operator]
}

/// A condition of `where`.
indirect enum KQLCondition: Sendable, Equatable {
    enum TextTest: String, Sendable {
        case contains, containsCased = "contains_cs", has, startsWith = "startswith", endsWith = "endswith"
    }

    /// Lists, because a chain of pairs is as deep as it is long.
    case and([Self])
    case or([Self])
    case not(Self)
    case isIn(column: String, values: Set<String>, ignoringCase: Bool)
    case text(column: String, TextTest, String)
    case equalsIgnoringCase(column: String, String)
    case compare(column: String, String, KQLValue)
    case isEmpty(column: String)

    var columns: [String] {
        switch self {
        case .and(let parts), .or(let parts): parts.flatMap(\.columns)
        case .not(let a): a.columns
        case .isIn(let column, _, _), .text(let column, _, _), .equalsIgnoringCase(let column, _),
            .compare(let column, _, _), .isEmpty(let column):
            [column]
        }
    }

    func matches(_ cell: (String) -> KQLValue) -> Bool {
        switch self {
        case .and(let parts): return parts.allSatisfy { $0.matches(cell) }
        case .or(let parts): return parts.contains { $0.matches(cell) }
        case .not(let a): return !a.matches(cell)
        case .isIn(let column, let values, let ignoringCase):
            let text = cell(column).text ?? ""
            return values.contains(ignoringCase ? text.lowercased() : text)
        case .text(let column, let test, let needle):
            return Self.matches(cell(column).text ?? "", test, needle)
        case .equalsIgnoringCase(let column, let text):
            return (cell(column).text ?? "").lowercased() == text.lowercased()
        case .compare(let column, let mark, let value): return Self.compare(cell(column), mark, value)
        case .isEmpty(let column): return cell(column) == .null || cell(column) == .string("")
        }
    }

    private static func matches(_ text: String, _ test: TextTest, _ needle: String) -> Bool {
        switch test {
        case .containsCased: return text.contains(needle)
        case .contains: return text.lowercased().contains(needle.lowercased())
        case .startsWith: return text.lowercased().hasPrefix(needle.lowercased())
        case .endsWith: return text.lowercased().hasSuffix(needle.lowercased())
        case .has:
            let terms = text.lowercased().split { !$0.isLetter && !$0.isNumber }
            return terms.contains { $0 == needle.lowercased() }
        }
    }

    private static func compare(_ cell: KQLValue, _ mark: String, _ value: KQLValue) -> Bool {
        // A string cell that is null behaves as an empty string.
        var cell = cell
        if cell == .null, value.text != nil { cell = .string("") }
        switch mark {
        case "==": return cell == value || sameTime(cell, value)
        case "!=": return !(cell == value || sameTime(cell, value))
        case ">": return cell != .null && KQLValue.isBefore(value, cell)
        case "<": return cell != .null && KQLValue.isBefore(cell, value)
        case ">=": return cell != .null && (KQLValue.isBefore(value, cell) || cell == value || sameTime(cell, value))
        case "<=": return cell != .null && (KQLValue.isBefore(cell, value) || cell == value || sameTime(cell, value))
        default: return false
        }
    }

    private static func sameTime(_ a: KQLValue, _ b: KQLValue) -> Bool {
        if case .dateTime(let a) = a, case .dateTime(let b) = b { a.nanoseconds == b.nanoseconds } else { false }
    }
}
