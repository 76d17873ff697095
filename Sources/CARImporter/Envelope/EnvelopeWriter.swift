import ConnectorCore

/// The body of one `POST /imports`, and how many objects it holds.
struct Envelope: Sendable {
    var body: [UInt8]
    var objects: Int
}

/// Collects objects of any collections until the envelope is full.
struct EnvelopeWriter {
    private let settings: CARSettings
    private let run: RunIdentity
    private var head = JSONBytes()
    /// The objects of each collection, with a comma between.
    private var collections: [(name: String, objects: JSONBytes)] = []
    private var positions: [String: Int] = [:]
    private var scratch = ObjectWriter()
    private(set) var objects = 0
    private var bytes = 0

    init(_ settings: CARSettings, run: RunIdentity) {
        self.settings = settings
        self.run = run
        writeHead()
    }

    /// - Returns: `false` where the object does not fit: take the envelope with `finish()` and add it again.
    mutating func add(_ vertex: Vertex) -> Bool {
        guard objects < settings.objectsPerEnvelopeMax || objects == 0 else { return false }
        scratch.json.removeAll()
        scratch.write(vertex)
        return take(vertex.id.collection.rawValue)
    }

    /// - Returns: as for a vertex.
    mutating func add(_ edge: Edge) -> Bool {
        guard objects < settings.objectsPerEnvelopeMax || objects == 0 else { return false }
        scratch.json.removeAll()
        scratch.write(edge, report: run.key, source: settings.source, time: run.startedAt)
        return take(edge.kind.rawValue)
    }

    /// The envelope with everything added since the last call; without objects it is source and report alone.
    mutating func finish() -> Envelope {
        var json = JSONBytes()
        json.reserveCapacity(bytes + head.count + 2)
        json.raw(head)
        for (name, objects) in collections where objects.count > 0 {
            json.raw(",")
            json.string(name)
            json.raw(":[")
            json.raw(objects)
            json.raw("]")
        }
        json.raw("}")
        defer {
            for index in collections.indices { collections[index].objects.removeAll() }
            objects = 0
            bytes = 0
        }
        return Envelope(body: json.bytes, objects: objects)
    }

    private mutating func take(_ collection: String) -> Bool {
        // Name, quotation marks, brackets and commas around a collection are counted with every object: simple and
        // on the safe side.
        let size = scratch.json.count + collection.utf8.count + 8
        guard objects == 0 || bytes + head.count + size <= settings.envelopeBytesMax else { return false }
        let position = positions[collection] ?? collections.count
        if position == collections.count {
            collections.append((collection, JSONBytes()))
            positions[collection] = position
        }
        if collections[position].objects.count > 0 { collections[position].objects.raw(",") }
        collections[position].objects.raw(scratch.json)
        objects += 1
        bytes += size
        return true
    }

    /// Everything before the collections, without the closing brace.
    private mutating func writeHead() {
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
    }
}
