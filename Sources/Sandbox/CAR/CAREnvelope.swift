/// A checked import: which source and run it belongs to, and what it carries.
struct CAREnvelope: Sendable {
    struct Vertex: Sendable {
        var collection: String
        /// The external id, or the key of ipaddress, macaddress and hostname.
        var key: String
        var fields: [JSONValue.Member]
    }

    struct Edge: Sendable {
        var kind: String
        /// Keys of the ends, without the collection's prefix.
        var from: String
        var to: String
        var active: Bool
    }

    /// What CAR refuses, named by collection, position and member.
    struct Malformed: Error, Sendable, Equatable {
        var message: String
    }

    static let objectsMax = 2000

    var source: String
    var report: String
    var vertices: [Vertex] = []
    var edges: [Edge] = []

    /// Without its objects: for measurements. The source is the first `_key` of the body, as every client writes it.
    init(unreadBody body: [UInt8]) throws(Malformed) {
        let head = String(decoding: body.prefix(300), as: UTF8.self)
        guard let match = head.firstMatch(of: /"source":\{"_key":"([^"]*)"/) else {
            throw Malformed(message: "source: required, and its _key first")
        }
        source = String(match.1)
        report = ""
    }

    /// - Parameter checks: off skips the rules of members, not what is needed to store the objects.
    init(_ body: [UInt8], checks: Bool) throws(Malformed) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONParser.parse(body)
        } catch {
            throw Malformed(message: "the body is not JSON: \(error)")
        }
        guard let members = json.objectValue else { throw Malformed(message: "the body must be an object") }
        source = try Self.head("source", json, CARSchema.source, required: ["_key"])
        report = try Self.head("report", json, CARSchema.report, required: ["_key", "timestamp"])
        if let timestamp = json["report"]?["timestamp"]?.numberValue, timestamp < 1e12 {
            throw Malformed(message: "report.timestamp: must be epoch milliseconds")
        }
        var count = 0
        for member in members where member.name != "source" && member.name != "report" {
            guard let objects = member.value.arrayValue else {
                throw Malformed(message: "\(member.name): must be an array")
            }
            count += objects.count
            if checks, count > Self.objectsMax {
                throw Malformed(message: "more than \(Self.objectsMax) objects in one import")
            }
            try add(member.name, objects, checks: checks)
        }
    }

    private static func head(
        _ name: String, _ json: JSONValue, _ rules: [String: CARSchema.Rule], required: [String]
    ) throws(Malformed) -> String {
        guard let object = json[name], let members = object.objectValue else {
            throw Malformed(message: "\(name): required, an object")
        }
        try check(members, rules, required: required, at: name)
        guard let key = object["_key"]?.stringValue else { throw Malformed(message: "\(name)._key: required") }
        return key
    }

    private static func check(
        _ members: [JSONValue.Member], _ rules: [String: CARSchema.Rule], required: [String], at place: String
    ) throws(Malformed) {
        for name in required where !members.contains(where: { $0.name == name }) {
            throw Malformed(message: "\(place).\(name): required")
        }
        for member in members {
            guard let rule = rules[member.name] else { throw Malformed(message: "\(place).\(member.name): unknown") }
            if let complaint = rule.complaint(member.value) {
                throw Malformed(message: "\(place).\(member.name): \(complaint)")
            }
        }
    }

    private mutating func add(_ collection: String, _ objects: [JSONValue], checks: Bool) throws(Malformed) {
        let vertexSchema = CARSchema.vertices[collection]
        let edgeSchema = CARSchema.edges[collection]
        guard vertexSchema != nil || edgeSchema != nil else {
            throw Malformed(message: "\(collection): unknown collection")
        }
        for (index, object) in objects.enumerated() {
            guard let members = object.objectValue else {
                throw Malformed(message: "\(collection)[\(index)]: must be an object")
            }
            if let schema = vertexSchema {
                vertices.append(try Self.vertex(schema, object, members, "\(collection)[\(index)]", checks))
            } else if let schema = edgeSchema {
                edges.append(try edge(schema, object, members, "\(collection)[\(index)]", checks))
            }
        }
    }

    private static func vertex(
        _ schema: CARSchema.Vertex, _ object: JSONValue, _ members: [JSONValue.Member], _ place: String, _ checks: Bool
    ) throws(Malformed) -> Vertex {
        if checks { try check(members, schema.members, required: schema.required, at: place) }
        let name = schema.isKeyed ? "_key" : "external_id"
        let given = object[name]?.stringValue ?? (schema.isKeyed ? object["host_name"]?.stringValue : nil)
        guard let key = given else { throw Malformed(message: "\(place).\(name): required") }
        if schema.isKeyed, checks {
            for other in ["name", "host_name"] where object[other]?.stringValue ?? key != key {
                throw Malformed(message: "\(place).\(other): differs from _key")
            }
        }
        return Vertex(collection: schema.name, key: key, fields: members)
    }

    private func edge(
        _ schema: CARSchema.Edge, _ object: JSONValue, _ members: [JSONValue.Member], _ place: String, _ checks: Bool
    ) throws(Malformed) -> Edge {
        let from = try end(schema, schema.from, "_from", object, place)
        let to = try end(schema, schema.to, "_to", object, place)
        if checks {
            let others = members.filter { $0.name != from.member && $0.name != to.member }
            try Self.check(others, schema.members, required: ["report", "source", "active", "timestamp"], at: place)
            guard object["source"]?.stringValue == source else {
                throw Malformed(message: "\(place).source: not the import's")
            }
            guard object["report"]?.stringValue == report else {
                throw Malformed(message: "\(place).report: not the import's")
            }
        }
        return Edge(kind: schema.name, from: from.key, to: to.key, active: object["active"]?.boolValue ?? true)
    }

    private func end(
        _ schema: CARSchema.Edge, _ collection: String, _ direction: String, _ object: JSONValue, _ place: String
    ) throws(Malformed) -> (key: String, member: String) {
        let isKeyed = CARSchema.vertices[collection]?.isKeyed == true
        let byID = "\(direction)_external_id"
        if let key = object[byID]?.stringValue, !isKeyed || schema.allowsExternalIDOfKeyedEnd {
            guard !key.isEmpty else { throw Malformed(message: "\(place).\(byID): must not be empty") }
            return (key, byID)
        }
        guard isKeyed else { throw Malformed(message: "\(place).\(byID): required, a string") }
        guard let reference = object[direction]?.stringValue, reference.hasPrefix("\(collection)/"),
            reference.utf8.count > collection.utf8.count + 1
        else { throw Malformed(message: "\(place).\(direction): required, of the form \(collection)/KEY") }
        return (String(reference.dropFirst(collection.count + 1)), direction)
    }
}
