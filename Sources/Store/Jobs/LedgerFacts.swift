import GRDB

/// What a connection's summary takes from the ledger.
struct LedgerFacts {
    var savePoint: String?
    var machinesKnown = 0

    static func fetch(_ connection: String, _ db: Database) throws -> LedgerFacts {
        LedgerFacts()
    }
}
