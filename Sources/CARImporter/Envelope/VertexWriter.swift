import ConnectorCore

/// Writes one vertex as CAR's import schema has it. A field without value is left out, never `null`.
struct VertexWriter {
    private(set) var json: JSONBytes
    /// Whether the object that is being written has a field already.
    private var hasField = false

    /// Appends the vertex to `json`.
    static func write(_ vertex: Vertex, to json: inout JSONBytes) {
        var writer = VertexWriter(json: json)
        // Given back below: with two owners every byte would be copied.
        json = JSONBytes()
        writer.write(vertex)
        json = writer.json
    }

    private init(json: JSONBytes) {
        self.json = json
    }

    /// The fields of each collection; `name` falls back to the key where CAR requires one.
    private mutating func write(_ vertex: Vertex) {
        let key = vertex.id.key
        open()
        switch vertex.id.collection {
        case .asset:
            text("\"external_id\":", key)
            text("\"name\":", vertex.name ?? key)
            text("\"description\":", vertex.description)
        case .hostname:
            text("\"_key\":", key)
            text("\"host_name\":", key)
            text("\"external_id\":", key)
            text("\"description\":", vertex.description)
        case .application:
            text("\"external_id\":", key)
            text("\"name\":", vertex.name ?? key)
            if vertex.isOperatingSystem { flag("\"is_os\":true") }
        case .ipaddress, .macaddress:
            text("\"_key\":", key)
            text("\"name\":", key)
        case .user:
            text("\"external_id\":", key)
            text("\"username\":", vertex.name ?? key)
        case .account:
            text("\"external_id\":", key)
            text("\"name\":", vertex.name ?? key)
        case .vulnerability:
            text("\"external_id\":", key)
            text("\"name\":", vertex.name ?? key)
            text("\"description\":", vertex.description)
            time("\"published_on\":", vertex.publishedOn)
            time("\"disclosed_on\":", vertex.disclosedOn)
            number("\"base_score\":", vertex.baseScore)
        }
        json.raw("}")
    }

    private mutating func open() {
        json.raw("{")
        hasField = false
    }

    private mutating func flag(_ nameAndValue: StaticString) {
        if hasField { json.raw(",") }
        hasField = true
        json.raw(nameAndValue)
    }

    private mutating func text(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        flag(name)
        json.string(value)
    }

    private mutating func time(_ name: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        flag(name)
        json.integer(value.milliseconds)
    }

    private mutating func number(_ name: StaticString, _ value: Double?) {
        guard let value, value.isFinite else { return }
        flag(name)
        json.number(value)
    }
}
