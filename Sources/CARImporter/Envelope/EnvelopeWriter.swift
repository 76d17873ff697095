import ConnectorCore

/// The body of one `POST /imports`, and how many objects it holds.
struct Envelope: Sendable {
    var body: [UInt8]
    var objects: Int
}

/// Collects objects of any collections until the envelope is full.
struct EnvelopeWriter {
    private let settings: CARSettings
    private let edgeWriter: EdgeWriter
    private let head: JSONBytes
    /// The objects of each collection, with a comma between.
    private var vertices = [JSONBytes](repeating: JSONBytes(), count: VertexCollection.allCases.count)
    private var edges = [JSONBytes](repeating: JSONBytes(), count: EdgeKind.allCases.count)
    private(set) var objects = 0
    private var bytes = 0

    init(_ settings: CARSettings, run: RunIdentity) {
        self.settings = settings
        edgeWriter = EdgeWriter(report: run.key, source: settings.source, time: run.startedAt)
        head = Self.head(settings, run)
    }

    /// - Returns: `false` where the object does not fit: take the envelope with `finish()` and add it again.
    mutating func add(_ vertex: Vertex) -> Bool {
        guard hasRoom else { return false }
        let index = Int(vertex.id.collection.index)
        let start = vertices[index].beginObject()
        VertexWriter.write(vertex, to: &vertices[index])
        guard keep(vertices[index].count - start) else {
            vertices[index].truncate(to: start)
            return false
        }
        return true
    }

    /// - Returns: as for a vertex.
    mutating func add(_ edge: Edge) -> Bool {
        guard hasRoom else { return false }
        let index = Int(edge.kind.index)
        let start = edges[index].beginObject()
        edgeWriter.write(edge, to: &edges[index])
        guard keep(edges[index].count - start) else {
            edges[index].truncate(to: start)
            return false
        }
        return true
    }

    /// The envelope with everything added since the last call; without objects it is source and report alone.
    mutating func finish() -> Envelope {
        var json = JSONBytes()
        json.reserveCapacity(bytes + head.count + 2)
        json.raw(head)
        for collection in VertexCollection.allCases {
            Self.append(&vertices[Int(collection.index)], of: collection.rawValue, to: &json)
        }
        for kind in EdgeKind.allCases { Self.append(&edges[Int(kind.index)], of: kind.rawValue, to: &json) }
        json.raw("}")
        defer {
            objects = 0
            bytes = 0
        }
        return Envelope(body: json.bytes, objects: objects)
    }

    private static func append(_ objects: inout JSONBytes, of collection: String, to json: inout JSONBytes) {
        guard objects.count > 0 else { return }
        json.raw(",")
        json.string(collection)
        json.raw(":[")
        json.raw(objects)
        json.raw("]")
        objects.removeAll()
    }

    /// Name, quotation marks, brackets and commas around a collection are counted with every object: simple and on the
    /// safe side.
    private static let bytesAroundMax = 40

    private var hasRoom: Bool { objects < settings.objectsPerEnvelopeMax || objects == 0 }

    /// Counts an object that was written.
    ///
    /// - Returns: `false` where the envelope would be too large with it.
    private mutating func keep(_ written: Int) -> Bool {
        let size = written + Self.bytesAroundMax
        guard objects == 0 || bytes + head.count + size <= settings.envelopeBytesMax else { return false }
        objects += 1
        bytes += size
        return true
    }

    /// Everything before the collections, without the closing brace.
    private static func head(_ settings: CARSettings, _ run: RunIdentity) -> JSONBytes {
        var head = JSONBytes()
        head.raw("{\"source\":{\"_key\":")
        head.string(settings.source)
        head.raw(",\"name\":")
        head.string(settings.source)
        head.raw(",\"description\":")
        head.string(settings.sourceDescription)
        head.raw(",\"product_link\":")
        head.string(settings.productLink)
        head.raw("},\"report\":{\"_key\":")
        head.string(run.key)
        head.raw(",\"timestamp\":")
        head.integer(run.startedAt.milliseconds)
        head.raw(",\"type\":")
        head.string(settings.reportType)
        head.raw(",\"description\":")
        head.string(settings.reportDescription)
        head.raw("}")
        return head
    }
}

extension JSONBytes {
    /// - Returns: where the next object of a list begins, its comma included.
    fileprivate mutating func beginObject() -> Int {
        defer { if count > 0 { raw(",") } }
        return count
    }
}
