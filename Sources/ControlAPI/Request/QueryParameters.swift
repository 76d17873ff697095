import MicroHTTP

/// The query of a request, checked parameter by parameter so that every bad one is named at once.
struct QueryParameters {
    private var values: [String: String] = [:]
    private var errors: [ProblemDocument.FieldError] = []

    init(_ request: HTTPRequest) {
        for item in request.query where values.updateValue(item.value, forKey: item.name) != nil {
            reject(item.name, "given more than once")
        }
    }

    /// For a route that has no parameters.
    static func refuseAll(of request: HTTPRequest) throws {
        var parameters = QueryParameters(request)
        try parameters.finish()
    }

    mutating func text(_ name: String, lengthMax: Int = 255) -> String? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        if value.isEmpty || value.utf8.count > lengthMax {
            reject(name, "must be 1 to \(lengthMax) bytes long")
            return nil
        }
        return value
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        guard let value = values.removeValue(forKey: name) else { return nil }
        if let choice = Choice(rawValue: value) { return choice }
        reject(name, "must be one of " + type.allCases.map(\.rawValue).joined(separator: ", "))
        return nil
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isPlain, let number = Int(value), range.contains(number) { return number }
        reject(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    mutating func reject(_ name: String, _ reason: String) {
        errors.append(ProblemDocument.FieldError(field: String(name.prefix(100)), reason: reason))
    }

    /// Call after the known parameters were taken: what is left is unknown.
    mutating func finish() throws {
        for name in values.keys.sorted() { reject(name, "unknown parameter") }
        if !errors.isEmpty { throw Refusal.invalidParameters(Array(errors.prefix(RequestBody.errorsMax))) }
    }
}
