import ConnectorCore
import GRDB

/// The documents of one generation's machines, inside a transaction.
struct MachineRows {
    struct Row {
        var document: MachineDocument
        /// The plan under which the document was sent last.
        var plan: Int64
        /// Whether the document's findings have been read.
        var isExamined: Bool
        var lastSeen: Timestamp?
    }

    private let generation: Int64
    private let select: LoopStatement
    private let replace: LoopStatement
    private let update: LoopStatement

    init(generation: Int64, in db: Database) throws {
        self.generation = generation
        select = try LoopStatement(
            "SELECT document, plan, examined, last_seen FROM machine WHERE generation = ?1 AND machine_id = ?2", in: db)
        replace = try LoopStatement(
            """
            INSERT OR REPLACE INTO machine (generation, machine_id, plan, examined, last_seen, document)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """, in: db)
        update = try LoopStatement(
            "UPDATE machine SET examined = ?3, last_seen = ?4 WHERE generation = ?1 AND machine_id = ?2", in: db)
    }

    private func bind(_ statement: LoopStatement, _ id: MachineID) {
        statement.bind(1, generation)
        statement.bind(2, id.text)
    }

    func contains(_ id: MachineID) throws -> Bool {
        bind(select, id)
        defer { select.reset() }
        return try select.next()
    }

    func find(_ id: MachineID) throws -> Row? {
        bind(select, id)
        defer { select.reset() }
        guard try select.next() else { return nil }
        guard let document = try? DocumentCodec.decode(select.blob(0)) else {
            throw RunStoreError.malformedDocument(id)
        }
        return Row(
            document: document, plan: select.integer(1), isExamined: select.integer(2) != 0,
            lastSeen: select.optionalInteger(3).map(Timestamp.init(milliseconds:)))
    }

    func write(_ row: Row, of id: MachineID) throws {
        bind(replace, id)
        replace.bind(3, row.plan)
        replace.bind(4, row.isExamined ? 1 : 0)
        replace.bind(5, row.lastSeen?.milliseconds)
        replace.bind(6, DocumentCodec.encode(row.document))
        try replace.run()
    }

    /// Changes what is beside the document.
    func touch(_ id: MachineID, examined: Bool, lastSeen: Timestamp?) throws {
        bind(update, id)
        update.bind(3, examined ? 1 : 0)
        update.bind(4, lastSeen?.milliseconds)
        try update.run()
    }
}
