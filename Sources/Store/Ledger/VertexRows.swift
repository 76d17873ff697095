import ConnectorCore
import GRDB

/// The dictionary of one generation's vertices, inside a transaction.
struct VertexRows {
    struct Row {
        var id: VertexID
        /// Of the fields sent last; `nil` where none were.
        var fingerprint: Int64?
        var brief: Int64?
        var plan: Int64

        /// `nil` where CAR may lack what the row says.
        func confirmed(_ openPlans: Set<Int64>) -> ClaimedVertex? {
            guard let fingerprint, !openPlans.contains(plan) else { return nil }
            return ClaimedVertex(id: id, fingerprint: fingerprint, brief: brief)
        }
    }

    private let db: Database
    private let generation: Int64
    private let select: LoopStatement
    private let insert: LoopStatement
    private let update: LoopStatement

    init(generation: Int64, in db: Database) throws {
        self.db = db
        self.generation = generation
        select = try LoopStatement(
            "SELECT id, fingerprint, brief, plan FROM vertex WHERE generation = ? AND collection = ? AND key = ?",
            in: db)
        insert = try LoopStatement(
            "INSERT INTO vertex (generation, collection, key, fingerprint, brief, plan) VALUES (?, ?, ?, ?, ?, ?)",
            in: db)
        update = try LoopStatement("UPDATE vertex SET fingerprint = ?, brief = ?, plan = ? WHERE id = ?", in: db)
    }

    func find(_ key: VertexKey) throws -> Row? {
        select.bind(1, generation)
        select.bind(2, key.collection.storedNumber)
        select.bind(3, key.key)
        defer { select.reset() }
        guard try select.next() else { return nil }
        return Row(
            id: VertexID(select.integer(0)), fingerprint: select.optionalInteger(1), brief: select.optionalInteger(2),
            plan: select.integer(3))
    }

    /// - Parameter vertex: what is about to be sent; `nil` for a key alone.
    func add(_ key: VertexKey, sending vertex: Vertex?, plan: Int64) throws -> VertexID {
        insert.bind(1, generation)
        insert.bind(2, key.collection.storedNumber)
        insert.bind(3, key.key)
        insert.bind(4, vertex?.fingerprint)
        insert.bind(5, vertex?.storedBrief)
        insert.bind(6, vertex == nil ? 0 : plan)
        try insert.run()
        return VertexID(db.lastInsertedRowID)
    }

    func send(_ vertex: Vertex, as id: VertexID, plan: Int64) throws {
        update.bind(1, vertex.fingerprint)
        update.bind(2, vertex.storedBrief)
        update.bind(3, plan)
        update.bind(4, id.number)
        try update.run()
    }
}

extension Vertex {
    /// `nil` where fields are missing.
    var storedBrief: Int64? { isPartial ? nil : briefFingerprint }
}
