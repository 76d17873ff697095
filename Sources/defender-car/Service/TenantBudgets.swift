import DefenderFetcher

/// The call budgets by tenant: two connections to one tenant share them, because Microsoft counts them together.
final class TenantBudgets {
    private var byTenant: [String: DefenderBudgets] = [:]

    /// - Returns: the tenant's budgets; the limits are those of the first connection that asked.
    func budgets(for connection: ConnectionSettings) -> DefenderBudgets {
        let key = "\(connection.defender.loginURL)\n\(connection.defender.tenant.lowercased())"
        if let budgets = byTenant[key] { return budgets }
        let budgets = DefenderBudgets(connection.defender)
        byTenant[key] = budgets
        return budgets
    }
}
