import ConnectorCore
import GRDB

/// What the ledger knew before an initial import that fills a new generation, inside a transaction.
///
/// Leaving CAR's session retires whatever was not reported in it. So what the import was not to read, or could not, is
/// taken over from the generation before, for machines that are still there, and reported once more.
struct CarryOver {
    let generation: Int64
    /// The one that the import replaces; also where an incremental run can't go on from it.
    let previous: Int64
    let db: Database

    /// - Returns: `nil` for an incremental run, and where nothing was known before.
    init?(of job: JobID, in db: Database) throws {
        let select = try db.cachedStatement(
            sql: """
                SELECT run.generation, ledger.generation FROM run JOIN ledger ON ledger.connection = run.connection
                WHERE job_id = ? AND ledger.generation <> run.generation
                """)
        guard let row = try Row.fetchOne(select, arguments: [job.text]) else { return nil }
        self.db = db
        generation = row[0]
        previous = row[1]
    }

    func facts(of machines: [MachineID]) throws -> [MachineID: KnownFacts] {
        let ownRows = try MachineRows(generation: generation, in: db)
        let rows = try MachineRows(generation: previous, in: db)
        var keys: [VertexID: String] = [:]
        var facts: [MachineID: KnownFacts] = [:]
        for machine in machines {
            // Planned before, in a process that died: its own document keeps what it has.
            guard try !ownRows.contains(machine), let document = try document(of: machine, in: rows) else { continue }
            facts[machine] = KnownFacts(
                accounts: try document.accounts.compactMap { try key($0, &keys) },
                findings: try document.findings.map { finding in
                    Finding(
                        software: try finding.software.flatMap { try key($0, &keys) },
                        cve: try finding.cve.flatMap { try key($0, &keys) })
                })
        }
        return facts
    }

    /// What can't be read is not known: this import is what replaces it.
    private func document(of machine: MachineID, in rows: MachineRows) throws -> MachineDocument? {
        do {
            return try rows.find(machine)?.document
        } catch RunStoreError.malformedDocument {
            return nil
        }
    }

    private func key(_ id: VertexID, _ keys: inout [VertexID: String]) throws -> String? {
        if let key = keys[id] { return key }
        let key = try LedgerRows.findKey(of: id, in: db)
        keys[id] = key
        return key
    }
}

extension SQLiteRunStore {
    public func knownFacts(of machines: [MachineID], job: JobID) async throws -> [MachineID: KnownFacts] {
        try await read { db in try CarryOver(of: job, in: db)?.facts(of: machines) ?? [:] }
    }
}
