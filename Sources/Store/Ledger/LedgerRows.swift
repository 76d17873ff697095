import ConnectorCore
import Foundation
import GRDB

/// Single rows of the ledger, read and written inside a transaction.
enum LedgerRows {
    struct Machine {
        var document: MachineDocument
        var isConfirmed: Bool
        var lastSeen: Timestamp?
    }

    enum CountOutcome {
        case created, counted, gone
    }

    static func machine(_ id: MachineID, generation: Int64, in db: Database) throws -> Machine? {
        let select = try db.cachedStatement(
            sql: "SELECT document, confirmed, last_seen FROM machine WHERE generation = ? AND machine_id = ?")
        guard let row = try Row.fetchOne(select, arguments: [generation, id.text]) else { return nil }
        guard let document = try? DocumentCodec.decode(row[0]) else { throw RunStoreError.malformedDocument(id) }
        return Machine(
            document: document, isConfirmed: row[1], lastSeen: (row[2] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    static func write(
        _ document: MachineDocument, of id: MachineID, confirmed: Bool, lastSeen: Timestamp?, generation: Int64,
        in db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO machine (generation, machine_id, confirmed, last_seen, document)
                VALUES (?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            generation, id.text, confirmed, lastSeen?.milliseconds, DocumentCodec.encode(document),
        ])
    }

    static func touch(_ id: MachineID, lastSeen: Timestamp?, generation: Int64, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE machine SET last_seen = ? WHERE generation = ? AND machine_id = ?")
        try statement.execute(arguments: [lastSeen?.milliseconds, generation, id.text])
    }

    static func key(of id: VertexID, in db: Database) throws -> String {
        let select = try db.cachedStatement(sql: "SELECT key FROM vertex WHERE id = ?")
        guard let key = try String.fetchOne(select, arguments: [id.number]) else {
            throw DatabaseError(message: "the dictionary lacks vertex \(id.number)")
        }
        return key
    }

    // MARK: Shared edges

    /// Changes how many machines imply the edge; the row of an edge that none implies any more is removed.
    static func change(
        _ edge: SharedEdge, machines change: Int, generation: Int64, in db: Database
    ) throws -> CountOutcome {
        let key: StatementArguments = [generation, edge.kind.storedNumber, edge.from.number, edge.to.number]
        let select = try db.cachedStatement(
            sql: "SELECT machines FROM shared_edge WHERE generation = ? AND kind = ? AND from_id = ? AND to_id = ?")
        let machines = try Int.fetchOne(select, arguments: key) ?? 0
        if machines + change <= 0 {
            let delete = try db.cachedStatement(
                sql: "DELETE FROM shared_edge WHERE generation = ? AND kind = ? AND from_id = ? AND to_id = ?")
            try delete.execute(arguments: key)
            return .gone
        }
        let upsert = try db.cachedStatement(
            sql: """
                INSERT INTO shared_edge (generation, kind, from_id, to_id, machines, confirmed)
                VALUES (?1, ?2, ?3, ?4, ?5, 0) ON CONFLICT DO UPDATE SET machines = ?5
                """)
        try upsert.execute(arguments: key + [machines + change])
        return machines == 0 ? .created : .counted
    }

    static func isConfirmed(_ edge: SharedEdge, generation: Int64, in db: Database) throws -> Bool {
        let select = try db.cachedStatement(
            sql: "SELECT confirmed FROM shared_edge WHERE generation = ? AND kind = ? AND from_id = ? AND to_id = ?")
        return try Bool.fetchOne(
            select, arguments: [generation, edge.kind.storedNumber, edge.from.number, edge.to.number]) ?? false
    }

    static func confirm(_ edge: SharedEdge, generation: Int64, in db: Database) throws {
        let update = try db.cachedStatement(
            sql: """
                UPDATE shared_edge SET confirmed = 1
                WHERE generation = ? AND kind = ? AND from_id = ? AND to_id = ?
                """)
        try update.execute(arguments: [generation, edge.kind.storedNumber, edge.from.number, edge.to.number])
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
