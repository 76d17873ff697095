import ConnectorCore

/// Writes edges as CAR's import schema has them. All edges of a run differ in their ends only, and are most of what is
/// sent: everything else is made once.
struct EdgeWriter {
    private struct Parts {
        /// Up to the key of the end where the edge starts.
        var head: [UInt8]
        /// Between the keys.
        var middle: [UInt8]
    }

    /// By kind.
    private static let parts: [Parts] = EdgeKind.allCases.sorted { $0.index < $1.index }.map { kind in
        let (from, to) = kind.ends
        return Parts(
            head: Array("{\(opening("_from", from))".utf8), middle: Array("\",\(opening("_to", to))".utf8))
    }

    /// After the key of the end where the edge leads.
    private let tail: [UInt8]

    /// - Parameters:
    ///   - report: the report's `_key`.
    ///   - time: the run's.
    init(report: String, source: String, time: Timestamp) {
        var json = JSONBytes()
        json.raw("\",\"report\":")
        json.string(report)
        json.raw(",\"source\":")
        json.string(source)
        json.raw(",\"active\":true,\"timestamp\":")
        json.integer(time.milliseconds)
        json.raw("}")
        tail = json.bytes
    }

    /// Appends the edge to `json`.
    func write(_ edge: Edge, to json: inout JSONBytes) {
        let parts = Self.parts[Int(edge.kind.index)]
        json.raw(parts.head)
        json.escaped(edge.from)
        json.raw(parts.middle)
        json.escaped(edge.to)
        json.raw(tail)
    }

    /// The member that names an end, up to its key: `"_to":"hostname/` of a keyed end, else `"_to_external_id":"`.
    private static func opening(_ member: String, _ collection: VertexCollection) -> String {
        collection.isKeyed ? "\"\(member)\":\"\(collection.rawValue)/" : "\"\(member)_external_id\":\""
    }
}
