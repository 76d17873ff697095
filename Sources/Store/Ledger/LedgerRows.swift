import ConnectorCore
import Foundation
import GRDB

/// Single rows of the ledger, read and written inside a transaction.
enum LedgerRows {
    /// A vertex that CAR may lack although the ledger names it, as far as its key tells; `nil` where CAR has it.
    static func unconfirmedVertex(_ id: VertexID, in db: Database) throws -> Vertex? {
        let select = try LoopStatement(
            """
            SELECT collection, key FROM vertex
            WHERE id = ? AND (fingerprint IS NULL OR plan IN (SELECT token FROM open_plan))
            """, in: db)
        select.bind(1, id.number)
        defer { select.reset() }
        guard try select.next(), let collection = VertexCollection(storedNumber: select.integer(0)) else { return nil }
        let key = select.text(1)
        if collection == .vulnerability { return GraphMapper.namedCVE(key) }
        var vertex = Vertex(collection, key)
        vertex.isPartial = true
        return vertex
    }

    static func key(of id: VertexID, in db: Database) throws -> String {
        guard let key = try findKey(of: id, in: db) else {
            throw DatabaseError(message: "the dictionary lacks vertex \(id.number)")
        }
        return key
    }

    static func findKey(of id: VertexID, in db: Database) throws -> String? {
        let select = try LoopStatement("SELECT key FROM vertex WHERE id = ?", in: db)
        select.bind(1, id.number)
        defer { select.reset() }
        return try select.next() ? select.text(0) : nil
    }

    // MARK: Plans

    /// Opens a plan: until it is closed, rows that carry its token are not known to be in CAR.
    static func openPlan(generation: Int64, in db: Database) throws -> Int64 {
        try db.cachedStatement(sql: "INSERT INTO open_plan (generation) VALUES (?)").execute(arguments: [generation])
        return db.lastInsertedRowID
    }

    /// Those of batches on their way, and of processes that died.
    static func openPlans(in db: Database) throws -> Set<Int64> {
        try Int64.fetchSet(db.cachedStatement(sql: "SELECT token FROM open_plan"))
    }

    // MARK: Edges that are gone

    static func addGone(_ edge: Edge, generation: Int64, in db: Database) throws {
        try run(
            "INSERT OR IGNORE INTO gone_edge (generation, kind, from_key, to_key) VALUES (?, ?, ?, ?)", edge,
            generation: generation, in: db)
    }

    static func removeGone(_ edge: Edge, generation: Int64, in db: Database) throws {
        try run(
            "DELETE FROM gone_edge WHERE generation = ? AND kind = ? AND from_key = ? AND to_key = ?", edge,
            generation: generation, in: db)
    }

    private static func run(_ sql: String, _ edge: Edge, generation: Int64, in db: Database) throws {
        let statement = try LoopStatement(sql, in: db)
        statement.bind(1, generation)
        statement.bind(2, edge.kind.storedNumber)
        statement.bind(3, edge.from)
        statement.bind(4, edge.to)
        try statement.run()
    }
}
