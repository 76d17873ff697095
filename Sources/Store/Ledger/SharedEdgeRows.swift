import ConnectorCore
import GRDB

/// The edges of one generation that several machines can imply, inside a transaction: how many do, and under which plan
/// each was sent last.
struct SharedEdgeRows {
    private let db: Database
    private let generation: Int64
    private let count: LoopStatement
    private let take: LoopStatement
    private let remove: LoopStatement
    private let plan: LoopStatement
    private let send: LoopStatement

    init(generation: Int64, in db: Database) throws {
        self.db = db
        self.generation = generation
        let isEdge = "generation = ?1 AND kind = ?2 AND from_id = ?3 AND to_id = ?4"
        // An edge that is there keeps its plan, which tells whether it has to be sent.
        count = try LoopStatement(
            """
            INSERT INTO shared_edge (generation, kind, from_id, to_id, machines, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET machines = machines + ?5 RETURNING plan
            """, in: db)
        remove = try LoopStatement("DELETE FROM shared_edge WHERE \(isEdge) AND machines <= ?5 RETURNING plan", in: db)
        take = try LoopStatement("UPDATE shared_edge SET machines = machines - ?5 WHERE \(isEdge)", in: db)
        plan = try LoopStatement("SELECT plan FROM shared_edge WHERE \(isEdge)", in: db)
        send = try LoopStatement("UPDATE shared_edge SET plan = ?5 WHERE \(isEdge)", in: db)
    }

    private func bind(_ statement: LoopStatement, _ edge: SharedEdge) {
        statement.bind(1, generation)
        statement.bind(2, edge.kind.storedNumber)
        statement.bind(3, edge.from.number)
        statement.bind(4, edge.to.number)
    }

    /// So many more machines imply the edge.
    ///
    /// - Returns: the plan under which it was sent last: `newPlan` where it is new.
    func add(_ machines: Int, to edge: SharedEdge, newPlan: Int64) throws -> Int64 {
        bind(count, edge)
        count.bind(5, Int64(machines))
        count.bind(6, newPlan)
        defer { count.reset() }
        return try count.next() ? count.integer(0) : newPlan
    }

    /// So many fewer machines imply the edge.
    ///
    /// - Returns: whether none does any more; its row is gone then.
    func take(_ machines: Int, from edge: SharedEdge) throws -> Bool {
        bind(remove, edge)
        remove.bind(5, Int64(machines))
        let isGone = try remove.next()
        remove.reset()
        if isGone { return true }
        bind(take, edge)
        take.bind(5, Int64(machines))
        try take.run()
        return db.changesCount == 0
    }

    /// The plan under which the edge was sent last; `nil` where it is not known.
    func lastPlan(of edge: SharedEdge) throws -> Int64? {
        bind(plan, edge)
        defer { plan.reset() }
        return try plan.next() ? plan.integer(0) : nil
    }

    func send(_ edge: SharedEdge, under token: Int64) throws {
        bind(send, edge)
        send.bind(5, token)
        try send.run()
    }
}
