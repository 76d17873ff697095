extension CARSchema {
    /// The rules as JSON Schema, in the shape of `GET v3/importSchema?version=v2`.
    static let json: JSONValue = {
        func object(_ rules: [String: Rule], required: [String]) -> JSONValue {
            let properties = rules.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, $0.value.json) }
            return [
                "type": "object", "required": .array(required.map { .string($0) }), "properties": .object(properties),
            ]
        }
        var properties: [JSONValue.Member] = [
            JSONValue.Member("report", object(report, required: ["timestamp"])),
            JSONValue.Member("source", object(source, required: ["_key"])),
        ]
        for vertex in vertices.values.sorted(by: { $0.name < $1.name }) {
            let items = object(vertex.members, required: vertex.required)
            properties.append(JSONValue.Member(vertex.name, ["type": "array", "items": items]))
        }
        for edge in edges.values.sorted(by: { $0.name < $1.name }) {
            var members = edge.members
            for (end, name) in [(edge.from, "_from"), (edge.to, "_to")] {
                members[vertices[end]?.isKeyed == true ? name : "\(name)_external_id"] = .string
            }
            properties.append(JSONValue.Member(edge.name, ["type": "array", "items": object(members, required: [])]))
        }
        return ["type": "object", "additionalProperties": true, "properties": .object(properties)]
    }()
}

extension CARSchema.Rule {
    fileprivate var json: JSONValue {
        switch self {
        case .string, .nonEmptyString: ["type": "string"]
        case .number, .milliseconds: ["type": "number"]
        case .bool: ["type": "boolean"]
        case .strings: ["type": "array", "items": ["type": "string"]]
        case .stringMap, .object: ["type": "object"]
        case .score: ["type": "number", "minimum": 0, "maximum": 10]
        case .businessValue: ["type": "number", "minimum": 1, "maximum": 10]
        case .address: ["type": "string", "pattern": "^[a-fA-F0-9:\\.]+$", "minLength": 1, "maxLength": 254]
        case .mac: ["type": "string", "pattern": "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}((:[0-9A-Fa-f]{2}){2})?$"]
        case .hostID: ["type": "string", "pattern": "^[^&#^|?<>\\[\\]]+$"]
        case .key: ["type": "string", "pattern": "^[a-zA-Z0-9_:@=;!'%\\-\\.\\(\\)\\+\\,\\$\\*]+$"]
        }
    }
}
