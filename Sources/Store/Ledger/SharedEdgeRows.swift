import ConnectorCore
import GRDB

/// The edges of one generation that several machines can imply, inside a transaction: how many do, and under which plan
/// each was sent last.
struct SharedEdgeRows {
    private let generation: Int64
    private let select: LoopStatement
    private let insert: LoopStatement
    private let count: LoopStatement
    private let delete: LoopStatement
    private let send: LoopStatement

    // No RETURNING: SQLite keeps what it returns in a table of its own, made for every statement.
    init(generation: Int64, in db: Database) throws {
        self.generation = generation
        let isEdge = "generation = ?1 AND kind = ?2 AND from_id = ?3 AND to_id = ?4"
        select = try LoopStatement("SELECT machines, plan FROM shared_edge WHERE \(isEdge)", in: db)
        insert = try LoopStatement(
            """
            INSERT INTO shared_edge (generation, kind, from_id, to_id, machines, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """, in: db)
        count = try LoopStatement("UPDATE shared_edge SET machines = ?5 WHERE \(isEdge)", in: db)
        delete = try LoopStatement("DELETE FROM shared_edge WHERE \(isEdge)", in: db)
        send = try LoopStatement("UPDATE shared_edge SET plan = ?5 WHERE \(isEdge)", in: db)
    }

    private func bind(_ statement: LoopStatement, _ edge: SharedEdge) {
        statement.bind(1, generation)
        statement.bind(2, edge.kind.storedNumber)
        statement.bind(3, edge.from.number)
        statement.bind(4, edge.to.number)
    }

    private func find(_ edge: SharedEdge) throws -> (machines: Int64, plan: Int64)? {
        bind(select, edge)
        defer { select.reset() }
        return try select.next() ? (select.integer(0), select.integer(1)) : nil
    }

    /// So many more machines imply the edge.
    ///
    /// - Returns: the plan under which it was sent last: `newPlan` where it is new.
    func add(_ machines: Int, to edge: SharedEdge, newPlan: Int64) throws -> Int64 {
        if let known = try find(edge) {
            try set(known.machines + Int64(machines), of: edge)
            return known.plan
        }
        bind(insert, edge)
        insert.bind(5, Int64(machines))
        insert.bind(6, newPlan)
        try insert.run()
        return newPlan
    }

    /// So many fewer machines imply the edge.
    ///
    /// - Returns: whether none does any more; its row is gone then.
    func take(_ machines: Int, from edge: SharedEdge) throws -> Bool {
        let left = (try find(edge)?.machines ?? 0) - Int64(machines)
        if left > 0 {
            try set(left, of: edge)
            return false
        }
        bind(delete, edge)
        try delete.run()
        return true
    }

    private func set(_ machines: Int64, of edge: SharedEdge) throws {
        bind(count, edge)
        count.bind(5, machines)
        try count.run()
    }

    /// The plan under which the edge was sent last; `nil` where it is not known.
    func lastPlan(of edge: SharedEdge) throws -> Int64? {
        try find(edge)?.plan
    }

    func send(_ edge: SharedEdge, under token: Int64) throws {
        bind(send, edge)
        send.bind(5, token)
        try send.run()
    }
}
