import ConnectorCore
import GRDB

/// What a connection's summary takes from the ledger.
struct LedgerFacts {
    /// `nil` where there is no ledger that can be used.
    var savePoint: String?
    var machinesKnown = 0

    static func fetch(_ connection: String, _ db: Database) throws -> LedgerFacts {
        let ledger = try SQLiteRunStore.ledger(of: connection, in: db)
        return LedgerFacts(
            savePoint: ledger.invalidReason == nil ? ledger.savePoint : nil, machinesKnown: ledger.machinesKnown)
    }
}
