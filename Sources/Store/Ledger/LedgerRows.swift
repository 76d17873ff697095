import ConnectorCore
import Foundation
import GRDB

/// Single rows of the ledger, read and written inside a transaction.
enum LedgerRows {
    struct Machine {
        var document: MachineDocument
        var isConfirmed: Bool
        /// Whether the document's findings have been read.
        var isExamined: Bool
        var lastSeen: Timestamp?
    }

    enum CountOutcome {
        case created, counted, gone
    }

    static func machine(_ id: MachineID, generation: Int64, in db: Database) throws -> Machine? {
        let select = try db.cachedStatement(
            sql: "SELECT document, confirmed, examined, last_seen FROM machine WHERE generation = ? AND machine_id = ?")
        guard let row = try Row.fetchOne(select, arguments: [generation, id.text]) else { return nil }
        guard let document = try? DocumentCodec.decode(row[0]) else { throw RunStoreError.malformedDocument(id) }
        return Machine(
            document: document, isConfirmed: row[1], isExamined: row[2],
            lastSeen: (row[3] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    static func write(
        _ machine: Machine, of id: MachineID, generation: Int64, in db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO machine (generation, machine_id, confirmed, examined, last_seen, document)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            generation, id.text, machine.isConfirmed, machine.isExamined, machine.lastSeen?.milliseconds,
            DocumentCodec.encode(machine.document),
        ])
    }

    /// Changes what is beside the document.
    static func touch(
        _ id: MachineID, examined: Bool, lastSeen: Timestamp?, generation: Int64, in db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE machine SET examined = ?, last_seen = ? WHERE generation = ? AND machine_id = ?")
        try statement.execute(arguments: [examined, lastSeen?.milliseconds, generation, id.text])
    }

    /// A vertex that CAR may lack although the ledger names it, as far as its key tells; `nil` where CAR has it.
    static func unconfirmedVertex(_ id: VertexID, in db: Database) throws -> Vertex? {
        let select = try db.cachedStatement(
            sql: "SELECT collection, key FROM vertex WHERE id = ? AND fingerprint IS NULL")
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
