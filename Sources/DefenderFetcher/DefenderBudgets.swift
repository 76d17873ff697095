import ConnectorCore
import OutboundHTTP

/// The call budgets of one tenant, one for each API family; shared by all clients of that tenant.
public final class DefenderBudgets: Sendable {
    private let machines: RateBudget
    private let logonUsers: RateBudget
    private let alerts: RateBudget
    private let hunting: RateBudget
    private let vulnerabilityExport: RateBudget
    private let vulnerabilities: RateBudget

    /// - Parameters:
    ///   - snapshots: what was left by an earlier process.
    ///   - journal: where a family's calls are remembered beyond this process.
    public init(
        _ settings: DefenderSettings, restoring snapshots: [String: RateBudget.Snapshot] = [:],
        journal: (APIFamily) -> (any CallJournal)? = { _ in nil }, clock: WaitClock = .system
    ) {
        func budget(_ family: APIFamily) -> RateBudget {
            let limits = settings.limits(of: family)
            return RateBudget(
                perMinute: limits.perMinute, perHour: limits.perHour,
                restoring: snapshots[family.rawValue], journal: journal(family), clock: clock)
        }
        machines = budget(.machines)
        logonUsers = budget(.logonUsers)
        alerts = budget(.alerts)
        hunting = budget(.hunting)
        vulnerabilityExport = budget(.vulnerabilityExport)
        vulnerabilities = budget(.vulnerabilities)
    }

    public subscript(family: APIFamily) -> RateBudget {
        switch family {
        case .machines: machines
        case .logonUsers: logonUsers
        case .alerts: alerts
        case .hunting: hunting
        case .vulnerabilityExport: vulnerabilityExport
        case .vulnerabilities: vulnerabilities
        }
    }

    /// By the families' raw values; to be kept over a restart.
    public var snapshots: [String: RateBudget.Snapshot] {
        Dictionary(uniqueKeysWithValues: APIFamily.allCases.map { ($0.rawValue, self[$0].snapshot) })
    }

    /// The families are called side by side, so the slowest decides.
    func forecast(_ calls: DefenderCalls) -> WaitForecast {
        let wanted = [
            (APIFamily.machines, calls.machines), (.logonUsers, calls.logonUsers), (.hunting, calls.hunting),
            (.alerts, calls.alerts), (.vulnerabilityExport, calls.vulnerabilityExport),
            (.vulnerabilities, calls.vulnerabilities),
        ]
        return WaitForecast(
            seconds: wanted.map { family, count in count > 0 ? self[family].secondsUntil(calls: count) : 0 }.max() ?? 0,
            waitSeconds: APIFamily.allCases.map { family in
                let status = self[family].status
                return status.waiting > 0 ? status.secondsUntilNextCall : 0
            }.max() ?? 0)
    }
}
