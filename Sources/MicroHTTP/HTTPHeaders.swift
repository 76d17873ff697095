/// Header fields in the order they were received or set; names compare without case (RFC 9110 5.1).
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: String
    }

    public private(set) var fields: [Field] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value under `name`; setting replaces every field of that name, setting `nil` removes them.
    public subscript(name: String) -> String? {
        get {
            fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value
        }
        set {
            fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    /// The values of every field of that name as one list (RFC 9110 5.3); `nil` where there is none.
    public func list(_ name: String) -> String? {
        let values = fields.lazy.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// Adds a field beside those of the same name.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }
}

extension String {
    /// Whether both hold the same bytes when ASCII letters are folded to lower case.
    func equalsIgnoringASCIICase(_ other: String) -> Bool {
        // Most are written as we ask for them.
        utf8.count == other.utf8.count
            && (self == other
                || zip(utf8, other.utf8).allSatisfy { a, b in
                    a == b || (a | 0x20 == b | 0x20 && (0x61...0x7a).contains(a | 0x20))
                })
    }
}
