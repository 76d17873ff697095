/// A `$filter` expression, checked against the properties it may name.
indirect enum ODataExpression: Sendable, Equatable {
    enum Operator: String, Sendable {
        case eq, ne, ge, gt, le, lt
    }

    enum Kind: String, Sendable {
        case string, dateTime, number
    }

    enum Literal: Sendable, Equatable {
        case string(String)
        case dateTime(EstateTime)
        case number(Double)
        case null
    }

    /// Lists, because a chain of pairs is as deep as it is long.
    case and([Self])
    case or([Self])
    case not(Self)
    case compare(property: String, Operator, Literal)

    /// - Parameter value: the property's value; `.null` where there is none.
    func matches(_ value: (String) -> Literal) -> Bool {
        switch self {
        case .and(let parts): parts.allSatisfy { $0.matches(value) }
        case .or(let parts): parts.contains { $0.matches(value) }
        case .not(let a): !a.matches(value)
        case .compare(let property, let comparison, let literal):
            Self.compare(value(property), comparison, literal)
        }
    }

    private static func compare(_ value: Literal, _ comparison: Operator, _ literal: Literal) -> Bool {
        switch (value, literal) {
        case (.string(let a), .string(let b)): ordered(a, comparison, b)
        case (.dateTime(let a), .dateTime(let b)): ordered(a.nanoseconds, comparison, b.nanoseconds)
        case (.number(let a), .number(let b)): ordered(a, comparison, b)
        case (.null, .null): comparison == .eq || comparison == .ge || comparison == .le
        // Null compares unequal to every value, and is neither before nor after it.
        default: comparison == .ne
        }
    }

    private static func ordered<Value: Comparable>(_ a: Value, _ comparison: Operator, _ b: Value) -> Bool {
        switch comparison {
        case .eq: a == b
        case .ne: a != b
        case .ge: a >= b
        case .gt: a > b
        case .le: a <= b
        case .lt: a < b
        }
    }
}
