/// A cell of a hunting table. Kusto's strings have no null, but answers of the service do show it.
enum KQLValue: Sendable, Equatable {
    case null
    case string(String)
    case number(Double)
    case dateTime(EstateTime)
    case bool(Bool)

    init(_ text: String?) {
        self = text.map { .string($0) } ?? .null
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .string(let text): writer.value(text)
        case .number(let number): writer.value(number)
        case .dateTime(let time): writer.value(time.text)
        case .bool(let flag): writer.value(flag)
        }
    }

    /// The order of `order by`: nulls first, and different kinds stay as they are.
    static func isBefore(_ a: KQLValue, _ b: KQLValue) -> Bool {
        switch (a, b) {
        case (.null, .null): false
        case (.null, _): true
        case (.string(let a), .string(let b)): a < b
        case (.number(let a), .number(let b)): a < b
        case (.dateTime(let a), .dateTime(let b)): a < b
        default: false
        }
    }
}

/// A column and the type name that an answer's `Schema` gives it.
struct KQLColumn: Sendable, Equatable {
    var name: String
    var type: String
}
