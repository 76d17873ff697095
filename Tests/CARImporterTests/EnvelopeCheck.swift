import Foundation

/// What CAR's import schema and the mapping demand of an envelope, written down independently of the writer.
struct EnvelopeCheck {
    private enum Form {
        case text, number, flag
    }

    private struct Collection {
        var required: [String]
        var fields: [String: Form]
        var patterns: [String: String] = [:]
    }

    /// Everything that is wrong, empty for a valid envelope.
    private(set) var problems: [String] = []
    private(set) var objects: [String: [[String: Any]]] = [:]
    private(set) var source: [String: Any] = [:]
    private(set) var report: [String: Any] = [:]

    init(_ body: [UInt8]) {
        guard let top = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] else {
            problems = ["not a JSON object"]
            return
        }
        source = top["source"] as? [String: Any] ?? [:]
        report = top["report"] as? [String: Any] ?? [:]
        if Set(source.keys) != ["_key", "name", "description", "product_link"] { problems.append("source fields") }
        if Set(report.keys) != ["_key", "timestamp", "type", "description"] { problems.append("report fields") }
        if !(report["_key"] is String) { problems.append("report _key") }
        if !isNumber(report["timestamp"]) { problems.append("report timestamp") }
        for (name, value) in top where name != "source" && name != "report" {
            guard let collection = EnvelopeCheck.collections[name] else {
                problems.append("unknown collection \(name)")
                continue
            }
            guard let list = value as? [[String: Any]], !list.isEmpty else {
                problems.append("\(name) is no list of objects")
                continue
            }
            objects[name] = list
            for object in list { check(object, of: collection, named: name) }
        }
    }

    private mutating func check(_ object: [String: Any], of collection: Collection, named name: String) {
        for field in collection.required where object[field] == nil { problems.append("\(name) without \(field)") }
        for (field, value) in object {
            guard let form = collection.fields[field] else {
                problems.append("\(name) with \(field)")
                continue
            }
            let fits =
                switch form {
                case .text: value is String
                case .number: isNumber(value)
                case .flag: isFlag(value)
                }
            if !fits { problems.append("\(name).\(field) has the wrong form") }
            if let pattern = collection.patterns[field],
                (value as? String)?.range(of: pattern, options: .regularExpression) == nil
            {
                problems.append("\(name).\(field) does not match")
            }
        }
    }

    private func isNumber(_ value: Any?) -> Bool { value is NSNumber && !isFlag(value) }

    /// JSON's booleans arrive as numbers of a type of their own.
    private func isFlag(_ value: Any?) -> Bool {
        guard let number = value as? NSNumber else { return false }
        return String(cString: number.objCType) == "c" && (number == 0 || number == 1)
    }

    private static func edge(_ from: String, _ to: String) -> Collection {
        var patterns: [String: String] = [:]
        if from == "_from" { patterns[from] = "^(ipaddress)/.+$" }
        if to == "_to" { patterns[to] = "^(hostname|ipaddress|macaddress)/.+$" }
        return Collection(
            required: [from, to, "report", "source", "active", "timestamp"],
            fields: [
                from: .text, to: .text, "report": .text, "source": .text, "active": .flag, "timestamp": .number,
            ], patterns: patterns)
    }

    private static let mac =
        "^(?:[0-9A-Fa-f]{2}(:))(?:[0-9A-Fa-f]{2}\\1){4,6}(?:[0-9A-Fa-f]{2,4}){0,1}$"

    private static let collections: [String: Collection] = [
        "asset": Collection(
            required: ["external_id", "name"], fields: ["external_id": .text, "name": .text, "description": .text]),
        "hostname": Collection(
            required: ["_key", "host_name", "external_id"],
            fields: ["_key": .text, "host_name": .text, "external_id": .text, "description": .text],
            patterns: ["external_id": "^[^&#^|?<>\\[\\]]+$"]),
        "application": Collection(
            required: ["external_id", "name"], fields: ["external_id": .text, "name": .text, "is_os": .flag]),
        "ipaddress": Collection(
            required: ["_key", "name"], fields: ["_key": .text, "name": .text],
            patterns: ["name": "^[a-fA-F0-9:\\.]+$"]),
        "macaddress": Collection(
            required: ["_key", "name"], fields: ["_key": .text, "name": .text], patterns: ["name": mac]),
        "user": Collection(
            required: ["external_id", "username"], fields: ["external_id": .text, "username": .text]),
        "account": Collection(required: ["external_id", "name"], fields: ["external_id": .text, "name": .text]),
        "vulnerability": Collection(
            required: ["external_id", "name"],
            fields: [
                "external_id": .text, "name": .text, "description": .text, "published_on": .number,
                "disclosed_on": .number, "base_score": .number,
            ]),
        "asset_hostname": edge("_from_external_id", "_to"),
        "asset_application": edge("_from_external_id", "_to_external_id"),
        "asset_ipaddress": edge("_from_external_id", "_to"),
        "asset_macaddress": edge("_from_external_id", "_to"),
        "ipaddress_macaddress": edge("_from", "_to"),
        "user_account": edge("_from_external_id", "_to_external_id"),
        "asset_account": edge("_from_external_id", "_to_external_id"),
        "account_hostname": edge("_from_external_id", "_to"),
        "asset_vulnerability": edge("_from_external_id", "_to_external_id"),
        "application_vulnerability": edge("_from_external_id", "_to_external_id"),
    ]
}
