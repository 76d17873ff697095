extension GraphImage {
    /// The members that are compared, by collection. A hostname's description is a constant of the connector.
    private static let compared: [String: [String]] = [
        "asset": ["name", "description"], "hostname": ["host_name", "external_id"], "application": ["name", "is_os"],
        "ipaddress": ["name"], "macaddress": ["name"], "user": ["username"], "account": ["name"],
        "vulnerability": ["name", "description", "published_on", "disclosed_on", "base_score"],
    ]

    /// Where this graph (what CAR holds) departs from the expected one, one line each; empty when they agree.
    ///
    /// - Parameters:
    ///   - allowsLooseVertices: vertices that no active edge touches may be left over, assets excepted; so it is after
    ///     incremental runs, until the next initial import.
    ///   - limit: lines for each kind of difference in each collection; a last line then counts the rest.
    public func differences(
        from expected: GraphImage, allowsLooseVertices: Bool = false, limit: Int = 10
    ) -> [String] {
        var lines: [String] = []
        func report(_ title: String, _ items: [String]) {
            lines += items.sorted().prefix(limit).map { "\(title): \($0)" }
            if items.count > limit { lines.append("\(title): and \(items.count - limit) more") }
        }
        let touched = allowsLooseVertices ? touchedVertices() : [:]
        for collection in Set(vertices.keys).union(expected.vertices.keys).sorted() {
            let has = vertices[collection] ?? [:]
            let wants = expected.vertices[collection] ?? [:]
            report("missing \(collection)", wants.keys.filter { has[$0] == nil })
            report(
                "unexpected \(collection)",
                has.keys.filter { key in
                    let isLoose =
                        allowsLooseVertices && collection != "asset" && touched[collection]?.contains(key) != true
                    return wants[key] == nil && !isLoose
                })
            report(
                "different \(collection)",
                wants.flatMap { key, fields in
                    Self.differences(collection, key, has[key], from: fields)
                })
        }
        for kind in Set(edges.keys).union(expected.edges.keys).sorted() {
            let has = edges[kind] ?? []
            let wants = expected.edges[kind] ?? []
            report("missing \(kind)", wants.subtracting(has).map { "\($0.from) -> \($0.to)" })
            report("unexpected \(kind)", has.subtracting(wants).map { "\($0.from) -> \($0.to)" })
        }
        return lines
    }

    private func touchedVertices() -> [String: Set<String>] {
        var touched: [String: Set<String>] = [:]
        for (kind, edges) in edges {
            guard let schema = CARSchema.edges[kind] else { continue }
            touched[schema.from, default: []].formUnion(edges.map(\.from))
            touched[schema.to, default: []].formUnion(edges.map(\.to))
        }
        return touched
    }

    private static func differences(
        _ collection: String, _ key: String, _ has: [String: JSONValue]?, from wants: [String: JSONValue]
    ) -> [String] {
        guard let has else { return [] }
        return (compared[collection] ?? []).compactMap { name in
            let (got, wanted) = (significant(has[name]), significant(wants[name]))
            guard got != wanted else { return nil }
            return "\(key) \(name): \(got?.text ?? "absent") instead of \(wanted?.text ?? "absent")"
        }
    }

    /// An empty text, null and false say as much as an absent member.
    private static func significant(_ value: JSONValue?) -> JSONValue? {
        value == "" || value == .null || value == false ? nil : value
    }
}
