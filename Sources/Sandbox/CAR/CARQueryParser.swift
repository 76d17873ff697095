/// One collection asked for by a GraphQL query.
struct CARSelection: Sendable, Equatable {
    indirect enum Condition: Sendable, Equatable {
        case all([Condition])
        case isIn(field: String, [JSONValue])
    }

    var collection: String
    var condition = Condition.all([])
    var limit: Int?
    var offset = 0
    var order: [(field: String, ascending: Bool)] = []
    var fields: [String] = []

    static func == (a: Self, b: Self) -> Bool { "\(a)" == "\(b)" }
}

/// Reads the part of Hasura's GraphQL that a connector uses: collections with where (`_eq`, `_in`, `_and`), limit, offset
/// and order_by, and flat fields.
struct CARQueryParser {
    struct Failure: Error, Sendable, Equatable {
        var message: String
    }

    private enum Token: Equatable {
        case name(String), string(String), number(Double), mark(Character)
    }

    private static let depthMax = 32

    private let tokens: [Token]
    private var position = 0
    private var depth = 0

    static func parse(_ query: String) throws(Failure) -> [CARSelection] {
        var parser = CARQueryParser(tokens: try tokenize(query))
        if parser.take(.name("query")) {
            if case .name = parser.current { parser.position += 1 }
        }
        try parser.expect("{")
        var selections: [CARSelection] = []
        while !parser.take(.mark("}")) { selections.append(try parser.selection()) }
        guard parser.current == nil, !selections.isEmpty else { throw Failure(message: "not a valid graphql query") }
        return selections
    }

    private init(tokens: [Token]) {
        self.tokens = tokens
    }

    private static func tokenize(_ query: String) throws(Failure) -> [Token] {
        var tokens: [Token] = []
        var rest = Substring(query)
        while let character = rest.first {
            if character.isWhitespace || character == "," {
                rest.removeFirst()
            } else if character == "\"" {
                rest.removeFirst()
                tokens.append(.string(try string(&rest)))
            } else if character.isNumber || character == "-" {
                let digits = rest.prefix { $0.isNumber || $0 == "-" || $0 == "." }
                guard let number = Double(digits) else { throw Failure(message: "bad number \(digits)") }
                tokens.append(.number(number))
                rest = rest.dropFirst(digits.count)
            } else if character.isLetter || character == "_" {
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                tokens.append(.name(String(name)))
                rest = rest.dropFirst(name.count)
            } else if "{}()[]:".contains(character) {
                rest.removeFirst()
                tokens.append(.mark(character))
            } else {
                throw Failure(message: "unexpected character \(character)")
            }
        }
        return tokens
    }

    private static func string(_ rest: inout Substring) throws(Failure) -> String {
        // The escapes are JSON's, so the literal is read by the JSON reader.
        var literal = "\""
        while let character = rest.popFirst() {
            literal.append(character)
            if character == "\\", let escaped = rest.popFirst() { literal.append(escaped) }
            if character == "\"" {
                guard let text = try? JSONParser.parse(literal).stringValue else { break }
                return text
            }
        }
        throw Failure(message: "bad string")
    }

    private var current: Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func take(_ token: Token) -> Bool {
        guard current == token else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: Character) throws(Failure) {
        guard take(.mark(mark)) else { throw Failure(message: "expected '\(mark)'") }
    }

    private mutating func name() throws(Failure) -> String {
        guard case .name(let name) = current else { throw Failure(message: "expected a name") }
        position += 1
        return name
    }

    private mutating func count() throws(Failure) -> Int {
        guard case .number(let number) = current, let count = Int(exactly: number), count >= 0 else {
            throw Failure(message: "expected a count")
        }
        position += 1
        return count
    }

    private mutating func selection() throws(Failure) -> CARSelection {
        var selection = CARSelection(collection: try name())
        if take(.mark("(")) {
            while !take(.mark(")")) {
                let argument = try name()
                try expect(":")
                switch argument {
                case "where": selection.condition = try condition()
                case "limit": selection.limit = try count()
                case "offset": selection.offset = try count()
                case "order_by": selection.order = try order()
                default: throw Failure(message: "\"\(argument)\" has no such argument")
                }
            }
        }
        try expect("{")
        while !take(.mark("}")) { selection.fields.append(try name()) }
        guard !selection.fields.isEmpty else { throw Failure(message: "missing selection set") }
        return selection
    }

    private mutating func condition() throws(Failure) -> CARSelection.Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw Failure(message: "the condition is nested too deeply") }
        try expect("{")
        var parts: [CARSelection.Condition] = []
        while !take(.mark("}")) {
            let field = try name()
            try expect(":")
            if field == "_and" {
                try expect("[")
                while !take(.mark("]")) { parts.append(try condition()) }
                continue
            }
            try expect("{")
            while !take(.mark("}")) {
                let comparison = try name()
                try expect(":")
                switch comparison {
                case "_eq": parts.append(.isIn(field: field, [try value()]))
                case "_in":
                    try expect("[")
                    var values: [JSONValue] = []
                    while !take(.mark("]")) { values.append(try value()) }
                    parts.append(.isIn(field: field, values))
                default: throw Failure(message: "the comparison \(comparison) is not supported by the sandbox")
                }
            }
        }
        return .all(parts)
    }

    private mutating func value() throws(Failure) -> JSONValue {
        defer { position += 1 }
        switch current {
        case .string(let text): return .string(text)
        case .number(let number): return .number(number)
        case .name("true"): return .bool(true)
        case .name("false"): return .bool(false)
        default: throw Failure(message: "expected a value")
        }
    }

    private mutating func order() throws(Failure) -> [(field: String, ascending: Bool)] {
        let isList = take(.mark("["))
        var order: [(field: String, ascending: Bool)] = []
        repeat {
            try expect("{")
            while !take(.mark("}")) {
                let field = try name()
                try expect(":")
                let direction = try name()
                guard direction == "asc" || direction == "desc" else {
                    throw Failure(message: "order_by takes asc or desc")
                }
                order.append((field, direction == "asc"))
            }
        } while isList && !take(.mark("]"))
        return order
    }
}
