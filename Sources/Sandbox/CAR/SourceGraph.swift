/// What one source has told CAR: vertices and edges, the ones that were retired or deleted included.
struct SourceGraph: Sendable {
    struct VertexRow: Sendable {
        var key: String
        var fields: [JSONValue.Member]
        var isActive: Bool
        /// The session in which it was last reported.
        var session: UInt32
        /// The run (report) in which it was last reported.
        var run: UInt32
    }

    struct VertexTable: Sendable {
        var positions: [String: UInt32] = [:]
        var rows: [VertexRow] = []

        func activeRow(_ key: String) -> UInt32? {
            positions[key].flatMap { rows[Int($0)].isActive ? $0 : nil }
        }
    }

    struct EdgeRow: Sendable {
        var isActive: Bool
        var session: UInt32
        /// Milliseconds; 0 = never patched.
        var lastModified: Int64 = 0
    }

    /// What an import did.
    struct Applied: Sendable, Equatable {
        var dangling = 0
        /// Vertices that the same run had sent before.
        var repeated = 0
        /// The first edge that had a missing end.
        var firstDangling: String?
    }

    var modelStateID = ""
    var fields: [JSONValue.Member] = []
    var isInSession = false
    private(set) var session: UInt32 = 0
    private var runs: [String: UInt32] = [:]
    private(set) var vertices: [String: VertexTable] = [:]
    /// By kind, then by the row numbers of both ends.
    private(set) var edges: [String: [UInt64: EdgeRow]] = [:]

    // MARK: Sessions

    mutating func enterSession() {
        session += 1
        isInSession = true
    }

    /// Ends a session; what was not reported during it stops being active.
    ///
    /// - Returns: vertices and edges that were retired.
    mutating func leaveSession() -> (vertices: Int, edges: Int) {
        guard isInSession else { return (0, 0) }
        isInSession = false
        var retired = 0
        for collection in vertices.keys {
            vertices[collection, default: VertexTable()].retire(before: session, count: &retired)
        }
        var retiredEdges = 0
        for kind in edges.keys {
            guard let schema = CARSchema.edges[kind] else { continue }
            let from = vertices[schema.from] ?? VertexTable()
            let to = vertices[schema.to] ?? VertexTable()
            for (id, edge) in edges[kind, default: [:]] where edge.isActive {
                let hasEnds = from.rows[Int(id >> 32)].isActive && to.rows[Int(id & 0xffff_ffff)].isActive
                guard edge.session < session || !hasEnds else { continue }
                edges[kind, default: [:]][id]?.isActive = false
                retiredEdges += 1
            }
        }
        return (retired, retiredEdges)
    }

    // MARK: Imports

    /// - Parameter session: the session that was on when the import came.
    mutating func apply(_ envelope: CAREnvelope, session: UInt32) -> Applied {
        var applied = Applied()
        let run = runs[envelope.report] ?? UInt32(runs.count + 1)
        runs[envelope.report] = run
        for vertex in envelope.vertices {
            let isRepeated = vertices[vertex.collection, default: VertexTable()].upsert(
                vertex, session: session, run: run)
            if isRepeated { applied.repeated += 1 }
        }
        for edge in envelope.edges {
            guard let schema = CARSchema.edges[edge.kind] else { continue }
            guard let from = vertices[schema.from]?.activeRow(edge.from),
                let to = vertices[schema.to]?.activeRow(edge.to)
            else {
                applied.dangling += 1
                applied.firstDangling = applied.firstDangling ?? "\(edge.kind) \(edge.from) -> \(edge.to)"
                continue
            }
            let id = UInt64(from) << 32 | UInt64(to)
            var row = edges[edge.kind]?[id] ?? EdgeRow(isActive: edge.active, session: session)
            row.isActive = edge.active
            row.session = max(row.session, session)
            edges[edge.kind, default: [:]][id] = row
        }
        return applied
    }

    // MARK: Patches and deletions

    /// - Returns: whether there is, or was, such an edge.
    mutating func patchEdge(_ kind: CARSchema.Edge, from: String, to: String, active: Bool?, lastModified: Int64?)
        -> Bool
    {
        guard let first = vertices[kind.from]?.positions[from], let second = vertices[kind.to]?.positions[to] else {
            return false
        }
        let id = UInt64(first) << 32 | UInt64(second)
        guard var row = edges[kind.name]?[id] else { return false }
        if let active { row.isActive = active }
        if let lastModified { row.lastModified = lastModified }
        edges[kind.name, default: [:]][id] = row
        return true
    }

    /// Stops the vertices of those keys, and their edges, from being active.
    ///
    /// - Returns: how many vertices were active before.
    mutating func delete(_ collection: String, keys: [String]) -> Int {
        var deleted: Set<UInt32> = []
        for key in keys {
            guard let position = vertices[collection]?.activeRow(key) else { continue }
            vertices[collection]?.rows[Int(position)].isActive = false
            deleted.insert(position)
        }
        guard !deleted.isEmpty else { return 0 }
        for (kind, schema) in CARSchema.edges where schema.from == collection || schema.to == collection {
            for (id, edge) in edges[kind, default: [:]] where edge.isActive {
                let isHit =
                    schema.from == collection && deleted.contains(UInt32(id >> 32))
                    || schema.to == collection && deleted.contains(UInt32(id & 0xffff_ffff))
                if isHit { edges[kind, default: [:]][id]?.isActive = false }
            }
        }
        return deleted.count
    }

    // MARK: Reading

    /// The keys of an edge's ends.
    func ends(_ id: UInt64, of kind: CARSchema.Edge) -> (from: String, to: String)? {
        guard let from = vertices[kind.from], let to = vertices[kind.to] else { return nil }
        return (from.rows[Int(id >> 32)].key, to.rows[Int(id & 0xffff_ffff)].key)
    }

    /// What is active now.
    func image() -> GraphImage {
        var image = GraphImage()
        for (collection, table) in vertices {
            for row in table.rows where row.isActive {
                let fields = Dictionary(row.fields.map { ($0.name, $0.value) }) { $1 }
                image.vertices[collection, default: [:]][row.key] = fields
            }
        }
        for (kind, rows) in edges {
            guard let schema = CARSchema.edges[kind] else { continue }
            for (id, row) in rows where row.isActive {
                guard let ends = ends(id, of: schema) else { continue }
                let edge = GraphImage.Edge(from: ends.from, to: ends.to)
                image.edges[kind, default: []].insert(edge)
                if row.lastModified > 0 { image.lastModified[kind, default: [:]][edge] = row.lastModified }
            }
        }
        return image
    }
}

extension SourceGraph.VertexTable {
    fileprivate mutating func retire(before session: UInt32, count: inout Int) {
        for position in rows.indices where rows[position].isActive && rows[position].session < session {
            rows[position].isActive = false
            count += 1
        }
    }

    /// Adds or updates a vertex; members that aren't given keep their value.
    ///
    /// - Returns: whether the same run had reported it before.
    fileprivate mutating func upsert(_ vertex: CAREnvelope.Vertex, session: UInt32, run: UInt32) -> Bool {
        guard let position = positions[vertex.key].map(Int.init) else {
            positions[vertex.key] = UInt32(rows.count)
            rows.append(
                SourceGraph.VertexRow(
                    key: vertex.key, fields: vertex.fields, isActive: true, session: session, run: run))
            return false
        }
        let isRepeated = rows[position].run == run
        rows[position].isActive = true
        rows[position].session = max(rows[position].session, session)
        rows[position].run = run
        guard rows[position].fields != vertex.fields else { return isRepeated }
        for member in vertex.fields {
            if let index = rows[position].fields.firstIndex(where: { $0.name == member.name }) {
                rows[position].fields[index] = member
            } else {
                rows[position].fields.append(member)
            }
        }
        return isRepeated
    }
}
