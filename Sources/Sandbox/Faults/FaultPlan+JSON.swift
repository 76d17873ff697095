extension FaultPlan {
    /// Why a fault description can't be used; names the member.
    public struct BadPlan: Error, Sendable, Equatable {
        public var detail: String
    }

    /// Reads `{"faults":[{"endpoint":"machines","kind":"status","status":503,"after":2,"count":1,"probability":1}]}`.
    ///
    /// `docs/sandbox.md` lists kinds and members. `count` null means every request; absent means one.
    ///
    /// - Throws: `BadPlan` for anything unknown, of another type or out of range, and for a kind that the endpoint doesn't
    ///   have.
    public static func faults(from json: JSONValue) throws(BadPlan) -> [Fault] {
        for member in json.objectValue ?? [] where member.name != "faults" {
            throw BadPlan(detail: "\(member.name): unknown")
        }
        guard let list = json["faults"]?.arrayValue else { throw BadPlan(detail: "faults: must be an array") }
        var faults: [Fault] = []
        for (index, entry) in list.enumerated() { faults.append(try FaultEntry(entry, index: index).fault()) }
        return faults
    }
}

/// One description of a fault.
private struct FaultEntry {
    private let members: [JSONValue.Member]
    private let path: String

    init(_ json: JSONValue, index: Int) throws(FaultPlan.BadPlan) {
        path = "faults[\(index)]"
        guard let members = json.objectValue else { throw FaultPlan.BadPlan(detail: "\(path): must be an object") }
        self.members = members
    }

    func fault() throws(FaultPlan.BadPlan) -> Fault {
        guard let endpoint = value("endpoint")?.stringValue, FaultPlan.endpoints.contains(endpoint) else {
            throw bad("endpoint", "must be one of \(FaultPlan.endpoints.joined(separator: ", "))")
        }
        guard let name = value("kind")?.stringValue, let form = Fault.forms[name] else {
            throw bad("kind", "must be one of \(Fault.forms.keys.sorted().joined(separator: ", "))")
        }
        let known = ["endpoint", "kind", "after", "count", "probability"] + [form.member].compactMap(\.self)
        for member in members where !known.contains(member.name) { throw bad(member.name, "unknown for \(name)") }
        var number: Int?
        if let member = form.member {
            number = try integer(member)
            if number == nil, form.isRequired { throw bad(member, "must be a whole number") }
            if member == "status", let number, !(200...599).contains(number) { throw bad(member, "must be 200 to 599") }
        }
        var fault = Fault(endpoint, form.make(number))
        guard fault.kind.fits(endpoint) else { throw bad("kind", "\(name) is not for \(endpoint)") }
        fault.after = try integer("after") ?? 0
        fault.count = value("count") == .null ? nil : try integer("count") ?? 1
        if let probability = value("probability") {
            guard let share = probability.numberValue, (0...1).contains(share) else {
                throw bad("probability", "must be 0 to 1")
            }
            fault.probability = share
        }
        return fault
    }

    private func value(_ name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// - Returns: `nil` where the member is absent.
    private func integer(_ name: String) throws(FaultPlan.BadPlan) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = value.numberValue.flatMap({ Int(exactly: $0) }), (0...1_000_000_000).contains(number) else {
            throw bad(name, "must be a whole number")
        }
        return number
    }

    private func bad(_ member: String, _ reason: String) -> FaultPlan.BadPlan {
        FaultPlan.BadPlan(detail: "\(path).\(member): \(reason)")
    }
}
