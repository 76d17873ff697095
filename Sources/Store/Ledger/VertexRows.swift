import ConnectorCore
import GRDB

/// The dictionary of one generation's vertices, inside a transaction.
struct VertexRows {
    struct Row: Sendable {
        var id: VertexID
        /// Of the fields sent last; `nil` where none were.
        var fingerprint: Int64?
        var brief: Int64?
        var plan: Int64

        /// `nil` where CAR may lack what the row says.
        func confirmedFingerprint(_ openPlans: Set<Int64>) -> Int64? {
            openPlans.contains(plan) ? nil : fingerprint
        }

        /// As `confirmedFingerprint`.
        func confirmedBrief(_ openPlans: Set<Int64>) -> Int64? {
            openPlans.contains(plan) ? nil : brief
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
    func add(_ key: VertexKey, sending vertex: Vertex?, plan: Int64) throws -> Row {
        var row = Row(
            id: VertexID(0), fingerprint: vertex?.fingerprint, brief: vertex?.storedBrief,
            plan: vertex == nil ? 0 : plan)
        insert.bind(1, generation)
        insert.bind(2, key.collection.storedNumber)
        insert.bind(3, key.key)
        insert.bind(4, row.fingerprint)
        insert.bind(5, row.brief)
        insert.bind(6, row.plan)
        try insert.run()
        row.id = VertexID(db.lastInsertedRowID)
        return row
    }

    func send(_ vertex: Vertex, as id: VertexID, plan: Int64) throws -> Row {
        let row = Row(id: id, fingerprint: vertex.fingerprint, brief: vertex.storedBrief, plan: plan)
        update.bind(1, row.fingerprint)
        update.bind(2, row.brief)
        update.bind(3, row.plan)
        update.bind(4, id.number)
        try update.run()
        return row
    }
}

extension Vertex {
    /// `nil` where fields are missing.
    var storedBrief: Int64? { isPartial ? nil : briefFingerprint }
}
