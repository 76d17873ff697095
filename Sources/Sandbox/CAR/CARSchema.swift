/// The part of CAR's import schema (v2) that this source uses: collections, their members, and what each may hold.
enum CARSchema {
    enum Rule: Sendable, Equatable {
        case string
        case nonEmptyString
        case number
        case bool
        case strings
        /// An object whose values are strings.
        case stringMap
        case object
        case score
        case businessValue
        /// Epoch milliseconds; anything that looks like seconds is refused.
        case milliseconds
        /// Hex digits, colons and dots, 1...254 characters.
        case address
        /// Pairs of hex digits joined by colons, 6 or 8 of them (CAR's pattern allows 5 to 8).
        case mac
        /// Without `& # ^ | ? < > [ ]`.
        case hostID
        /// The characters of `_key` of source and report.
        case key
    }

    struct Vertex: Sendable {
        let name: String
        /// The member a vertex is known by: `external_id` or `_key`.
        let isKeyed: Bool
        let required: [String]
        let members: [String: Rule]
    }

    struct Edge: Sendable {
        let name: String
        let from: String
        let to: String
        let members: [String: Rule]
        /// `_to_external_id` is taken for a keyed end too, as the published schema has it for this kind.
        var allowsExternalIDOfKeyedEnd = false
    }

    static let source: [String: Rule] = [
        "_key": .key, "name": .string, "description": .string, "product_link": .string, "tag": .strings,
        "untag": .strings,
        "properties": .stringMap,
    ]
    static let report: [String: Rule] = [
        "_key": .key, "timestamp": .milliseconds, "type": .string, "description": .string, "parameters": .string,
        "value": .string,
    ]

    static let vertices: [String: Vertex] = Dictionary(uniqueKeysWithValues: vertexList.map { ($0.name, $0) })
    static let edges: [String: Edge] = Dictionary(uniqueKeysWithValues: edgeList.map { ($0.name, $0) })

    private static let common: [String: Rule] = [
        "tag": .strings, "untag": .strings, "properties": .stringMap, "source": .string, "_key": .string,
        "external_id": .nonEmptyString,
    ]
    private static let scores: [String: Rule] = [
        "cumulative_score": .number, "current_score": .number, "critical": .number, "high": .number, "medium": .number,
        "low": .number, "first_occurrence": .number, "last_occurrence": .number,
    ]

    private static func vertex(
        _ name: String, keyed: Bool = false, _ required: [String], _ members: [String: Rule]...
    ) -> Vertex {
        let all = members.reduce(common) { $0.merging($1) { $1 } }
        return Vertex(name: name, isKeyed: keyed, required: required, members: all)
    }

    private static let vertexList: [Vertex] = [
        vertex(
            "asset", ["external_id", "name"],
            [
                "name": .nonEmptyString, "business_value": .businessValue, "risk": .score, "description": .string,
                "asset_type": .string,
            ]),
        vertex("ipaddress", keyed: true, ["_key"], ["_key": .address, "name": .address, "region_id": .string]),
        vertex("macaddress", keyed: true, ["_key"], ["_key": .mac, "name": .mac, "interface": .string]),
        // `description` isn't in the published schema, but neither are other members forbidden there.
        vertex(
            "hostname", keyed: true, ["host_name"],
            ["_key": .hostID, "host_name": .hostID, "external_id": .hostID, "description": .string]),
        vertex(
            "user", ["external_id"],
            [
                "username": .string, "fullname": .string, "job_title": .string, "email": .string,
                "description": .string,
                "role": .string, "family_name": .string, "given_name": .string, "upn": .string,
                "user_category": .string,
                "title": .string, "employee_id": .string, "active": .bool, "department": .string, "modified": .number,
                "name": .string,
            ], scores),
        vertex(
            "account", ["external_id", "name"],
            [
                "name": .nonEmptyString, "created": .number, "active": .bool, "compliance_status": .bool,
                "modified": .number,
            ], scores),
        vertex(
            "application", ["external_id", "name"],
            [
                "name": .nonEmptyString, "description": .string, "cpe": .string, "is_os": .bool, "owner": .string,
                "owner_code": .string, "last_access_time": .number, "threat_score": .number, "app_type": .string,
                "status": .string,
            ], scores),
        vertex(
            "vulnerability", ["external_id", "name"],
            [
                "name": .nonEmptyString, "base_score": .score, "description": .string, "disclosed_on": .milliseconds,
                "published_on": .milliseconds, "updated_on": .milliseconds, "xref_properties": .object,
                "external_properties": .string, "external_reference": .string, "xfr_cvss2_base": .number,
                "xfr_cvss3_base": .number, "xfr_threat_score": .number,
            ]),
    ]

    private static func edge(_ name: String, _ from: String, _ to: String, _ more: [String: Rule] = [:]) -> Edge {
        let members: [String: Rule] = [
            "created": .number, "modified": .number, "report": .key, "active": .bool, "source": .key,
            "timestamp": .milliseconds, "properties": .stringMap, "external_id": .string,
        ]
        return Edge(name: name, from: from, to: to, members: members.merging(more) { $1 })
    }

    private static let edgeList: [Edge] = {
        var accountHostname = edge("account_hostname", "account", "hostname")
        accountHostname.allowsExternalIDOfKeyedEnd = true
        return [
            accountHostname, edge("asset_hostname", "asset", "hostname"), edge("asset_ipaddress", "asset", "ipaddress"),
            edge("asset_macaddress", "asset", "macaddress"), edge("asset_application", "asset", "application"),
            edge("asset_account", "asset", "account"),
            edge("asset_vulnerability", "asset", "vulnerability", ["risk_score": .number, "port": .object]),
            edge("application_vulnerability", "application", "vulnerability"),
            edge("ipaddress_macaddress", "ipaddress", "macaddress"),
            edge("user_account", "user", "account", ["last_access_time": .number]),
        ]
    }()
}
