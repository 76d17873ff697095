/// Parses `$filter`: and, or, not, parentheses, and comparisons of a property with a literal.
struct ODataFilterParser {
    struct Failure: Error, Sendable, Equatable {
        var message: String
    }

    private enum Token: Equatable {
        case word(String)
        case text(String)
        case open, close
    }

    private static let depthMax = 32

    private let tokens: [Token]
    private let properties: [String: ODataExpression.Kind]
    private var position = 0
    private var depth = 0

    /// - Parameter properties: what may be filtered on, by name (case counts).
    static func parse(
        _ text: String, properties: [String: ODataExpression.Kind]
    ) throws(Failure) -> ODataExpression {
        var parser = ODataFilterParser(tokens: try tokenize(text), properties: properties)
        let expression = try parser.parseOr()
        guard parser.position == parser.tokens.count else {
            throw Failure(message: "Syntax error: text after the expression in '\(text)'.")
        }
        return expression
    }

    private init(tokens: [Token], properties: [String: ODataExpression.Kind]) {
        self.tokens = tokens
        self.properties = properties
    }

    private static func tokenize(_ text: String) throws(Failure) -> [Token] {
        var tokens: [Token] = []
        var rest = Substring(text)
        while let character = rest.first {
            switch character {
            case " ": rest.removeFirst()
            case "(", ")":
                rest.removeFirst()
                tokens.append(character == "(" ? .open : .close)
            case "'":
                rest.removeFirst()
                tokens.append(.text(try quoted(&rest)))
            default:
                let word = rest.prefix { !" ()'".contains($0) }
                rest = rest.dropFirst(word.count)
                tokens.append(.word(String(word)))
            }
        }
        return tokens
    }

    private static func quoted(_ rest: inout Substring) throws(Failure) -> String {
        var text = ""
        while let character = rest.popFirst() {
            guard character == "'" else {
                text.append(character)
                continue
            }
            // A doubled quote stands for one.
            guard rest.first == "'" else { return text }
            rest.removeFirst()
            text.append("'")
        }
        throw Failure(message: "There is an unterminated string literal.")
    }

    private mutating func take(_ word: String) -> Bool {
        guard position < tokens.count, tokens[position] == .word(word) else { return false }
        position += 1
        return true
    }

    private mutating func parseOr() throws(Failure) -> ODataExpression {
        var parts = [try parseAnd()]
        while take("or") { parts.append(try parseAnd()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func parseAnd() throws(Failure) -> ODataExpression {
        var parts = [try parseUnary()]
        while take("and") { parts.append(try parseUnary()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func parseUnary() throws(Failure) -> ODataExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw Failure(message: "The expression is nested too deeply.") }
        if take("not") { return .not(try parseUnary()) }
        if position < tokens.count, tokens[position] == .open {
            position += 1
            let inner = try parseOr()
            guard position < tokens.count, tokens[position] == .close else {
                throw Failure(message: "Syntax error: ')' expected.")
            }
            position += 1
            return inner
        }
        return try parseComparison()
    }

    private mutating func parseComparison() throws(Failure) -> ODataExpression {
        guard position < tokens.count, case .word(let property) = tokens[position] else {
            throw Failure(message: "Syntax error: a property name was expected.")
        }
        guard let kind = properties[property] else {
            throw Failure(message: "Could not find a property named '\(property)' that can be filtered on.")
        }
        guard position + 1 < tokens.count, case .word(let name) = tokens[position + 1],
            let comparison = ODataExpression.Operator(rawValue: name)
        else { throw Failure(message: "Syntax error: an operator was expected after '\(property)'.") }
        guard position + 2 < tokens.count else {
            throw Failure(message: "Syntax error: a value was expected after '\(property) \(name)'.")
        }
        let literal = try literal(tokens[position + 2], for: property, kind)
        position += 3
        return .compare(property: property, comparison, literal)
    }

    private func literal(
        _ token: Token, for property: String, _ kind: ODataExpression.Kind
    ) throws(Failure) -> ODataExpression.Literal {
        switch (token, kind) {
        case (.word("null"), _): return .null
        case (.text(let text), .string): return .string(text)
        case (.word(let word), .dateTime):
            if let time = EstateTime.parse(word) { return .dateTime(time) }
        case (.word(let word), .number):
            if let number = Double(word) { return .number(number) }
        default: break
        }
        throw Failure(
            message: "A binary operator with incompatible types was detected: '\(property)' is a \(kind.rawValue).")
    }
}
