extension FaultPlan {
    /// Why a fault description can't be used; names the member.
    public struct BadPlan: Error, Sendable, Equatable {
        public var detail: String
    }

    /// Reads `{"faults":[{"endpoint":"machines","kind":"status","status":503,"after":2,"count":1,"probability":1}]}`.
    ///
    /// `kind` is one of delay (`milliseconds`), hang, resetBefore, resetAfter, truncate, status (`status`), throttle
    /// (`retryAfterSeconds`, absent = no header), html (`status`), wrongJSON, wrongShape, empty, importFails (`status`),
    /// importHangs, statusWithoutLists, jobFails. `count` null means every request; absent means one.
    public static func faults(from json: JSONValue) throws(BadPlan) -> [Fault] {
        guard let list = json["faults"]?.arrayValue else { throw BadPlan(detail: "faults: must be an array") }
        var faults: [Fault] = []
        for (index, entry) in list.enumerated() {
            guard let endpoint = entry["endpoint"]?.stringValue, endpoints.contains(endpoint) else {
                throw BadPlan(detail: "faults[\(index)].endpoint: must be one of \(endpoints.joined(separator: ", "))")
            }
            var fault = Fault(endpoint, try kind(of: entry, index: index))
            fault.after = integer("after", in: entry) ?? 0
            if entry["count"] == .null { fault.count = nil } else { fault.count = integer("count", in: entry) ?? 1 }
            fault.probability = entry["probability"]?.numberValue ?? 1
            faults.append(fault)
        }
        return faults
    }

    private static func integer(_ name: String, in entry: JSONValue) -> Int? {
        entry[name]?.numberValue.flatMap { Int(exactly: $0) }
    }

    private static func kind(of entry: JSONValue, index: Int) throws(BadPlan) -> Fault.Kind {
        func needed(_ name: String) throws(BadPlan) -> Int {
            guard let number = integer(name, in: entry), number >= 0 else {
                throw BadPlan(detail: "faults[\(index)].\(name): must be a whole number")
            }
            return number
        }
        switch entry["kind"]?.stringValue {
        case "delay": return .delay(milliseconds: try needed("milliseconds"))
        case "hang": return .hang
        case "resetBefore": return .resetBefore
        case "resetAfter": return .resetAfter
        case "truncate": return .truncate
        case "status": return .status(try needed("status"))
        case "throttle": return .throttle(retryAfterSeconds: integer("retryAfterSeconds", in: entry))
        case "html": return .html(status: try needed("status"))
        case "wrongJSON": return .wrongJSON
        case "wrongShape": return .wrongShape
        case "empty": return .empty
        case "importFails": return .importFails(statusCode: try needed("status"))
        case "importHangs": return .importHangs
        case "statusWithoutLists": return .statusWithoutLists
        case "jobFails": return .jobFails
        default: throw BadPlan(detail: "faults[\(index)].kind: unknown")
        }
    }
}
