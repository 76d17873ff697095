import DefenderFetcher
import Logging
import OutboundHTTP
import Store

/// The call budgets by tenant: two connections to one tenant share them, because Microsoft counts them together. What
/// was called before this process started counts too.
final class TenantBudgets {
    private let earlier: [String: (calls: [Double], closedUntil: Double?)]
    private let journal: StoredCallJournal?
    private var byTenant: [String: DefenderBudgets] = [:]

    /// Budgets that live as long as the process.
    init() {
        earlier = [:]
        journal = nil
    }

    /// Budgets that outlive it.
    ///
    /// - Throws: `StoreError`.
    init(store: SQLiteStore, logger: Logger) throws {
        earlier = try store.budgets()
        journal = StoredCallJournal(store: store, logger: logger)
    }

    /// - Returns: the tenant's budgets; the limits are those of the first connection that asked.
    func budgets(for connection: ConnectionSettings) -> DefenderBudgets {
        let tenant = "\(connection.defender.loginURL)\n\(connection.defender.tenant.lowercased())"
        if let budgets = byTenant[tenant] { return budgets }
        func name(_ family: APIFamily) -> String { "\(tenant)\n\(family.rawValue)" }
        var snapshots: [String: RateBudget.Snapshot] = [:]
        for family in APIFamily.allCases {
            guard let stored = earlier[name(family)] else { continue }
            snapshots[family.rawValue] = RateBudget.Snapshot(calls: stored.calls, closedUntil: stored.closedUntil)
        }
        let budgets = DefenderBudgets(
            connection.defender, restoring: snapshots, journal: { [journal] in journal?.journal(of: name($0)) })
        byTenant[tenant] = budgets
        return budgets
    }
}
