import ConnectorCore
import GRDB

/// The edges of one generation that several machines can imply, inside a transaction.
struct SharedEdgeRows {
    struct Row: Sendable, Equatable {
        /// How many machines imply the edge.
        var machines: Int64
        /// Under which it was sent last.
        var plan: Int64
    }

    private let db: Database
    private let generation: Int64
    private let select: LoopStatement
    private let insert: LoopStatement
    private let update: LoopStatement
    private let delete: LoopStatement

    init(generation: Int64, in db: Database) throws {
        self.db = db
        self.generation = generation
        let isEdge = "generation = ?1 AND kind = ?2 AND from_id = ?3 AND to_id = ?4"
        select = try LoopStatement("SELECT machines, plan FROM shared_edge WHERE \(isEdge)", in: db)
        insert = try LoopStatement(
            """
            INSERT OR IGNORE INTO shared_edge (generation, kind, from_id, to_id, machines, plan)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """, in: db)
        update = try LoopStatement("UPDATE shared_edge SET machines = ?5, plan = ?6 WHERE \(isEdge)", in: db)
        delete = try LoopStatement("DELETE FROM shared_edge WHERE \(isEdge)", in: db)
    }

    func find(_ edge: SharedEdge) throws -> Row? {
        bind(select, edge)
        defer { select.reset() }
        return try select.next() ? Row(machines: select.integer(0), plan: select.integer(1)) : nil
    }

    /// - Returns: whether there was no row of the edge.
    func insertNew(_ edge: SharedEdge, _ row: Row) throws -> Bool {
        try write(insert, edge, row)
        return db.changesCount > 0
    }

    func update(_ edge: SharedEdge, _ row: Row) throws { try write(update, edge, row) }

    func delete(_ edge: SharedEdge) throws {
        bind(delete, edge)
        try delete.run()
    }

    /// One machine fewer implies the edge.
    ///
    /// - Returns: the row as it is now; `nil` where no machine does any more.
    func take(_ edge: SharedEdge) throws -> Row? {
        guard var row = try find(edge), row.machines > 1 else {
            try delete(edge)
            return nil
        }
        row.machines -= 1
        try update(edge, row)
        return row
    }

    private func write(_ statement: LoopStatement, _ edge: SharedEdge, _ row: Row) throws {
        bind(statement, edge)
        statement.bind(5, row.machines)
        statement.bind(6, row.plan)
        try statement.run()
    }

    private func bind(_ statement: LoopStatement, _ edge: SharedEdge) {
        statement.bind(1, generation)
        statement.bind(2, edge.kind.storedNumber)
        statement.bind(3, edge.from.number)
        statement.bind(4, edge.to.number)
    }
}
