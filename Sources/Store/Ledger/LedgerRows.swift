import ConnectorCore
import Foundation
import GRDB

/// Single rows of the ledger, read and written inside a transaction.
enum LedgerRows {
    /// A vertex that CAR may lack although the ledger names it, as far as its key tells; `nil` where CAR has it.
    static func unconfirmedVertex(_ id: VertexID, in db: Database) throws -> Vertex? {
        let select = try db.cachedStatement(
            sql: """
                SELECT collection, key FROM vertex
                WHERE id = ? AND (fingerprint IS NULL OR plan IN (SELECT token FROM open_plan))
                """)
        guard let row = try Row.fetchOne(select, arguments: [id.number]) else { return nil }
        guard let collection = VertexCollection(storedNumber: row[0]) else { return nil }
        let key: String = row[1]
        var vertex = collection == .vulnerability ? GraphMapper.vertex(of: CVE(id: key)) : Vertex(collection, key)
        vertex.isPartial = true
        return vertex
    }

    static func key(of id: VertexID, in db: Database) throws -> String {
        let select = try db.cachedStatement(sql: "SELECT key FROM vertex WHERE id = ?")
        guard let key = try String.fetchOne(select, arguments: [id.number]) else {
            throw DatabaseError(message: "the dictionary lacks vertex \(id.number)")
        }
        return key
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
        let insert = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO gone_edge (generation, kind, from_key, to_key) VALUES (?, ?, ?, ?)")
        try insert.execute(arguments: [generation, edge.kind.storedNumber, edge.from, edge.to])
    }

    static func removeGone(_ edge: Edge, generation: Int64, in db: Database) throws {
        let delete = try db.cachedStatement(
            sql: "DELETE FROM gone_edge WHERE generation = ? AND kind = ? AND from_key = ? AND to_key = ?")
        try delete.execute(arguments: [generation, edge.kind.storedNumber, edge.from, edge.to])
    }
}
