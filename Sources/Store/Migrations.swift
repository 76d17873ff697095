import GRDB

/// The schema, as numbered steps. A step that was released is never edited; a change is a new step with the next number.
enum Migrations {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 jobs", migrate: JobTables.create)
        migrator.registerMigration("2 ledger", migrate: LedgerMigration.migrate)
        migrator.registerMigration("3 briefs and adapters", migrate: LedgerMigration.addBriefsAndAdapters)
        migrator.registerMigration("4 plans", migrate: LedgerMigration.addPlans)
        migrator.registerMigration("5 budgets", migrate: BudgetTables.create)
        migrator.registerMigration("6 webhooks", migrate: WebhookTables.create)
        migrator.registerMigration("7 vulnerability export", migrate: VulnerabilityTables.create)
        migrator.registerMigration("8 alert titles", migrate: LedgerMigration.addAlertTitles)
        return migrator
    }()

    /// Brings the database to the newest step this version knows.
    ///
    /// - Throws: `StoreError.newerDatabase` where a later version has been at work; nothing is changed then.
    static func migrate(_ writer: some DatabaseWriter) throws {
        let applied = try writer.read { db in
            try migrator.hasBeenSuperseded(db) ? migrator.appliedIdentifiers(db) : []
        }
        if !applied.isEmpty {
            throw StoreError.newerDatabase(found: newest(applied), known: newest(migrator.migrations))
        }
        try migrator.migrate(writer)
    }

    private static func newest(_ identifiers: some Sequence<String>) -> Int {
        identifiers.compactMap { Int($0.prefix { $0 != " " }) }.max() ?? 0
    }
}
