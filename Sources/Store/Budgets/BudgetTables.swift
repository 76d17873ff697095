import GRDB

/// The calls that budgets have let out within the last hour, and their closings.
enum BudgetTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE budget_call (
                    budget TEXT NOT NULL,
                    -- Seconds since 1970.
                    moment REAL NOT NULL
                );
                CREATE INDEX budget_call_by_moment ON budget_call (budget, moment);
                CREATE TABLE budget_closing (
                    budget TEXT NOT NULL PRIMARY KEY,
                    until REAL NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
