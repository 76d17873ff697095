/// Parses the part of the hunting language that reading adapters and vulnerabilities takes; says what it doesn't know.
struct KQLParser {
    private static let depthMax = 32

    private let tokens: [KQLToken]
    /// What `ago()` and `now()` are relative to.
    private let now: EstateTime
    private var position = 0
    private var depth = 0

    static func parse(_ query: String, now: EstateTime) throws(HuntingError) -> KQLQuery {
        var parser = KQLParser(tokens: try KQLToken.tokenize(query), now: now)
        let parsed = try parser.parseQuery()
        if parser.position < parser.tokens.count {
            throw HuntingError("unexpected '\(parser.tokens[parser.position])'")
        }
        return parsed
    }

    private init(tokens: [KQLToken], now: EstateTime) {
        self.tokens = tokens
        self.now = now
    }

    // MARK: Tokens

    private var current: KQLToken? { position < tokens.count ? tokens[position] : nil }

    private mutating func take(mark: String) -> Bool {
        guard current == .mark(mark) else { return false }
        position += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard current == .word(word) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: String) throws(HuntingError) {
        guard take(mark: mark) else { throw unexpected("'\(mark)'") }
    }

    private func unexpected(_ wanted: String) -> HuntingError {
        HuntingError("expected \(wanted), got \(current.map { "'\($0)'" } ?? "the end")")
    }

    private mutating func word(_ wanted: String) throws(HuntingError) -> String {
        guard case .word(let word) = current else { throw unexpected(wanted) }
        position += 1
        return word
    }

    private mutating func number() throws(HuntingError) -> Int {
        guard case .number(let number) = current, let whole = Int(exactly: number) else {
            throw unexpected("a whole number")
        }
        position += 1
        return whole
    }

    private mutating func deeper<Result>(
        _ body: (inout KQLParser) throws(HuntingError) -> Result
    ) throws(HuntingError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw HuntingError("the query is nested too deeply") }
        return try body(&self)
    }

    // MARK: Operators

    private mutating func parseQuery() throws(HuntingError) -> KQLQuery {
        var query = KQLQuery(table: try word("a table"), operators: [])
        while take(mark: "|") { query.operators.append(try parseOperator()) }
        return query
    }

    private mutating func parseOperator() throws(HuntingError) -> KQLQuery.Operator {
        let name = try word("an operator")
        switch name {
        case "where", "filter": return .filter(try parseOr())
        case "project": return .project(try parseProjection())
        case "distinct": return .distinct(try parseColumns())
        case "order", "sort":
            guard take(word: "by") else { throw unexpected("'by'") }
            return .order(try parseOrder())
        case "take", "limit": return .take(try number())
        case "count": return .count
        case "join": return try deeper { parser throws(HuntingError) in try parser.parseJoin() }
        default: throw HuntingError("the operator '\(name)' is not supported by the sandbox")
        }
    }

    private mutating func parseColumns() throws(HuntingError) -> [String] {
        var columns = [try word("a column")]
        while take(mark: ",") { columns.append(try word("a column")) }
        return columns
    }

    private mutating func parseProjection() throws(HuntingError) -> [(name: String, column: String)] {
        var columns: [(name: String, column: String)] = []
        repeat {
            let name = try word("a column")
            columns.append((name, take(mark: "=") ? try word("a column") : name))
        } while take(mark: ",")
        return columns
    }

    private mutating func parseOrder() throws(HuntingError) -> [(column: String, ascending: Bool)] {
        var columns: [(column: String, ascending: Bool)] = []
        repeat {
            let column = try word("a column")
            let ascending = take(word: "asc")
            if !ascending { _ = take(word: "desc") }
            columns.append((column, ascending))
        } while take(mark: ",")
        return columns
    }

    private mutating func parseJoin() throws(HuntingError) -> KQLQuery.Operator {
        var kind = "innerunique"
        while case .word(let name) = current, name == "kind" || name.hasPrefix("hint.") {
            position += 1
            try expect("=")
            let value = try word("a value of \(name)")
            if name == "kind" { kind = value }
        }
        guard ["leftouter", "inner", "innerunique"].contains(kind) else {
            throw HuntingError("join kind '\(kind)' is not supported by the sandbox")
        }
        let right: KQLQuery
        if take(mark: "(") {
            right = try parseQuery()
            try expect(")")
        } else {
            right = KQLQuery(table: try word("a table"), operators: [])
        }
        guard take(word: "on") else { throw unexpected("'on'") }
        let left = try word("a join key")
        guard left.hasPrefix("$left.") else { return .join(kind: kind, right: right, leftKey: left, rightKey: left) }
        try expect("==")
        let other = try word("a join key")
        guard other.hasPrefix("$right.") else { throw HuntingError("expected '$right.COLUMN', got '\(other)'") }
        return .join(kind: kind, right: right, leftKey: String(left.dropFirst(6)), rightKey: String(other.dropFirst(7)))
    }

    // MARK: Conditions

    private mutating func parseOr() throws(HuntingError) -> KQLCondition {
        var parts = [try parseAnd()]
        while take(word: "or") { parts.append(try parseAnd()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func parseAnd() throws(HuntingError) -> KQLCondition {
        var parts = [try parsePrimary()]
        while take(word: "and") { parts.append(try parsePrimary()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func parsePrimary() throws(HuntingError) -> KQLCondition {
        try deeper { parser throws(HuntingError) in
            if parser.take(mark: "(") {
                let inner = try parser.parseOr()
                try parser.expect(")")
                return inner
            }
            let column = try parser.word("a column")
            switch column {
            case "not", "isempty", "isnull", "isnotempty", "isnotnull":
                try parser.expect("(")
                let inner: KQLCondition =
                    column == "not" ? try parser.parseOr() : .isEmpty(column: try parser.word("a column"))
                try parser.expect(")")
                return column == "isempty" || column == "isnull" ? inner : .not(inner)
            default: return try parser.parseTest(of: column)
            }
        }
    }

    private mutating func parseTest(of column: String) throws(HuntingError) -> KQLCondition {
        let negated = take(mark: "!")
        if case .word(let name) = current {
            position += 1
            let test: KQLCondition
            if name == "in" || name == "in~" {
                test = .isIn(
                    column: column, values: try parseList(ignoringCase: name == "in~"), ignoringCase: name == "in~")
            } else if let kind = KQLCondition.TextTest(rawValue: name) {
                guard case .string(let text) = current else { throw unexpected("a string after '\(name)'") }
                position += 1
                test = .text(column: column, kind, text)
            } else {
                throw HuntingError("the test '\(name)' is not supported by the sandbox")
            }
            return negated ? .not(test) : test
        }
        guard !negated, case .mark(let mark) = current else { throw unexpected("a comparison after '\(column)'") }
        position += 1
        switch mark {
        case "=~", "!~":
            guard case .string(let text) = current else { throw unexpected("a string after '\(mark)'") }
            position += 1
            let test = KQLCondition.equalsIgnoringCase(column: column, text)
            return mark == "=~" ? test : .not(test)
        case "==", "!=", ">", "<", ">=", "<=": return .compare(column: column, mark, try parseValue())
        default: throw HuntingError("expected a comparison after '\(column)', got '\(mark)'")
        }
    }

    private mutating func parseList(ignoringCase: Bool) throws(HuntingError) -> Set<String> {
        try expect("(")
        var values: Set<String> = []
        repeat {
            guard case .string(let text) = current else { throw unexpected("a string") }
            position += 1
            values.insert(ignoringCase ? text.lowercased() : text)
        } while take(mark: ",")
        try expect(")")
        return values
    }

    private mutating func parseValue() throws(HuntingError) -> KQLValue {
        guard let token = current else { throw unexpected("a value") }
        position += 1
        switch token {
        case .string(let text): return .string(text)
        case .number(let number): return .number(number)
        case .word("true"): return .bool(true)
        case .word("false"): return .bool(false)
        case .word("now"):
            try expect("(")
            try expect(")")
            return .dateTime(now)
        case .word("ago"):
            try expect("(")
            guard case .timespan(let seconds) = current else { throw unexpected("a timespan") }
            position += 1
            try expect(")")
            return .dateTime(now.adding(seconds: -seconds))
        default:
            throw HuntingError("the value '\(token)' is not supported by the sandbox")
        }
    }
}
