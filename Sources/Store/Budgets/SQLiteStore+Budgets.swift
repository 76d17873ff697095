import GRDB

/// What is to be remembered of a call budget. Times are seconds since 1970.
public enum BudgetEvent: Sendable, Equatable {
    case call(budget: String, at: Double)
    case closed(budget: String, until: Double)
}

extension SQLiteStore {
    /// The longest window that calls are counted in, and some room.
    private static let budgetSeconds = 3700.0

    /// Remembers events in one transaction and forgets calls that no window holds any more.
    public func record(_ events: [BudgetEvent]) throws {
        try write { db in
            for event in events {
                switch event {
                case .call(let budget, let moment):
                    try db.cachedStatement(sql: "INSERT INTO budget_call (budget, moment) VALUES (?, ?)")
                        .execute(arguments: [budget, moment])
                    try db.cachedStatement(sql: "DELETE FROM budget_call WHERE budget = ? AND moment < ?")
                        .execute(arguments: [budget, moment - Self.budgetSeconds])
                case .closed(let budget, let until):
                    try db.cachedStatement(
                        sql: """
                            INSERT INTO budget_closing (budget, until) VALUES (?, ?)
                            ON CONFLICT (budget) DO UPDATE SET until = max(until, excluded.until)
                            """
                    ).execute(arguments: [budget, until])
                }
            }
        }
    }

    /// What is remembered of every budget: its calls, oldest first, and until when it is closed.
    public func budgets() throws -> [String: (calls: [Double], closedUntil: Double?)] {
        try read { db in
            var budgets: [String: (calls: [Double], closedUntil: Double?)] = [:]
            let calls = try Row.fetchCursor(db, sql: "SELECT budget, moment FROM budget_call ORDER BY moment")
            while let row = try calls.next() { budgets[row["budget"], default: ([], nil)].calls.append(row["moment"]) }
            let closings = try Row.fetchCursor(db, sql: "SELECT budget, until FROM budget_closing")
            while let row = try closings.next() {
                budgets[row["budget"], default: ([], nil)].closedUntil = row["until"]
            }
            return budgets
        }
    }
}
