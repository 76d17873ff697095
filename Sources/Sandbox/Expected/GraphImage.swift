/// The active graph of one source: what CAR holds, or what it should hold.
public struct GraphImage: Sendable, Equatable {
    public struct Edge: Sendable, Hashable, Comparable {
        public var from: String
        public var to: String

        public init(from: String, to: String) {
            self.from = from
            self.to = to
        }

        public static func < (a: Edge, b: Edge) -> Bool { (a.from, a.to) < (b.from, b.to) }
    }

    /// Collection, key (external id, or `_key`), members.
    public var vertices: [String: [String: [String: JSONValue]]] = [:]
    /// Kind, then the keys of both ends.
    public var edges: [String: Set<Edge>] = [:]
    /// What PATCH set on an active edge, milliseconds.
    public var lastModified: [String: [Edge: Int64]] = [:]

    public init() {}

    public var vertexCount: Int { vertices.values.reduce(0) { $0 + $1.count } }
    public var edgeCount: Int { edges.values.reduce(0) { $0 + $1.count } }

    /// Sorted: `{"vertices":{"asset":[{"key":"...", members}]},"edges":{"asset_hostname":[{"from","to","last_modified"}]}}`.
    public func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 200 * vertexCount + 100 * edgeCount)
        writer.object { writer in
            writer.key("vertices")
            writer.object { writer in
                for (collection, rows) in vertices.sorted(by: { $0.key < $1.key }) {
                    writer.key(collection)
                    writer.array { writer in
                        for (key, fields) in rows.sorted(by: { $0.key < $1.key }) { Self.write(key, fields, &writer) }
                    }
                }
            }
            writer.key("edges")
            writer.object { writer in
                for (kind, edges) in edges.sorted(by: { $0.key < $1.key }) {
                    writer.key(kind)
                    writer.array { writer in
                        for edge in edges.sorted() { write(edge, lastModified[kind]?[edge], &writer) }
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func write(_ key: String, _ fields: [String: JSONValue], _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("key", key)
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                writer.key(name)
                writer.value(value)
            }
        }
    }

    private func write(_ edge: Edge, _ lastModified: Int64?, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("from", edge.from)
            writer.member("to", edge.to)
            if let lastModified { writer.member("last_modified", Int(lastModified)) }
        }
    }
}
