import MicroHTTP

/// `POST v3/query`: GraphQL over what is active in all sources. Errors come with status 200, as Hasura's do.
extension CARSimulator {
    func query(_ request: HTTPRequest) throws(CARError) -> HTTPResponse {
        guard let text = try object(request)["query"]?.stringValue else { throw CARError.malformed("query: required") }
        do throws(CARQueryParser.Failure) {
            let selections = try CARQueryParser.parse(text)
            let sources = state.withLock { $0.sources }
            var data: [JSONValue.Member] = []
            for selection in selections {
                data.append(JSONValue.Member(selection.collection, .array(try Self.rows(selection, sources))))
            }
            return SandboxAnswer.json(200, ["data": .object(data)])
        } catch {
            return SandboxAnswer.json(200, ["errors": [["message": .string(error.message)]]])
        }
    }

    private static func rows(
        _ selection: CARSelection, _ sources: [String: SourceGraph]
    ) throws(CARQueryParser.Failure) -> [JSONValue] {
        let known = try knownFields(selection.collection)
        for field in selection.fields + selection.order.map(\.field) + selection.condition.fields
        where !known.contains(field) {
            throw CARQueryParser.Failure(message: "field \"\(field)\" not found in type: '\(selection.collection)'")
        }
        var rows = sources.sorted { $0.key < $1.key }.flatMap { name, graph in
            graph.rows(of: selection.collection, source: name)
        }
        rows = rows.filter { row in selection.condition.matches { row[$0] ?? .null } }
        if !selection.order.isEmpty {
            rows.sort { a, b in
                for (field, ascending) in selection.order {
                    let (first, second) = ((a[field] ?? .null).text, (b[field] ?? .null).text)
                    if first != second { return (first < second) == ascending }
                }
                return false
            }
        }
        return rows.dropFirst(selection.offset).prefix(selection.limit ?? .max).map { row in
            .object(selection.fields.map { JSONValue.Member($0, row[$0] ?? .null) })
        }
    }

    private static func knownFields(_ collection: String) throws(CARQueryParser.Failure) -> Set<String> {
        if let vertex = CARSchema.vertices[collection] { return Set(vertex.members.keys).union(["id", "source"]) }
        if let edge = CARSchema.edges[collection] {
            return Set(edge.members.keys).union(["\(edge.from)_id", "\(edge.to)_id", "source", "last_modified"])
        }
        throw CARQueryParser.Failure(message: "field \"\(collection)\" not found in type: 'query_root'")
    }
}

extension CARSelection.Condition {
    fileprivate var fields: [String] {
        switch self {
        case .all(let parts): parts.flatMap(\.fields)
        case .isIn(let field, _): [field]
        }
    }

    fileprivate func matches(_ value: (String) -> JSONValue) -> Bool {
        switch self {
        case .all(let parts): parts.allSatisfy { $0.matches(value) }
        case .isIn(let field, let values): values.contains(value(field))
        }
    }
}

extension SourceGraph {
    /// The active rows of a collection, with `source`, and `id` or the ids of both ends in the form `SOURCE/KEY`.
    fileprivate func rows(of collection: String, source: String) -> [[String: JSONValue]] {
        if let schema = CARSchema.edges[collection] {
            return (edges[collection] ?? [:]).filter(\.value.isActive).compactMap { id, row in
                guard let ends = ends(id, of: schema) else { return nil }
                return [
                    "\(schema.from)_id": .string(Self.id(schema.from, ends.from, source)),
                    "\(schema.to)_id": .string(Self.id(schema.to, ends.to, source)), "source": .string(source),
                    "active": true, "last_modified": row.lastModified > 0 ? .number(Double(row.lastModified)) : .null,
                ]
            }
        }
        return (vertices[collection]?.rows ?? []).filter(\.isActive).map { row in
            var fields = Dictionary(row.fields.map { ($0.name, $0.value) }) { $1 }
            fields["source"] = .string(source)
            fields["id"] = .string(Self.id(collection, row.key, source))
            return fields
        }
    }

    private static func id(_ collection: String, _ key: String, _ source: String) -> String {
        CARSchema.vertices[collection]?.isKeyed == true ? key : "\(source)/\(key)"
    }
}
