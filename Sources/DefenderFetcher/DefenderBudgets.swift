import ConnectorCore
import OutboundHTTP

/// The call budgets of one tenant, one for each API family; shared by all clients of that tenant.
public final class DefenderBudgets: Sendable {
    private let machines: RateBudget
    private let logonUsers: RateBudget
    private let alerts: RateBudget
    private let hunting: RateBudget

    /// - Parameters:
    ///   - snapshots: what was left by an earlier process.
    ///   - journal: where a family's calls are remembered beyond this process.
    public init(
        _ settings: DefenderSettings, restoring snapshots: [String: RateBudget.Snapshot] = [:],
        journal: (APIFamily) -> (any CallJournal)? = { _ in nil }, clock: WaitClock = .system
    ) {
        func budget(_ family: APIFamily) -> RateBudget {
            let isHunting = family == .hunting
            return RateBudget(
                perMinute: isHunting ? settings.huntingPerMinute : settings.requestsPerMinute,
                perHour: isHunting ? settings.huntingPerHour : settings.requestsPerHour,
                restoring: snapshots[family.rawValue], journal: journal(family), clock: clock)
        }
        machines = budget(.machines)
        logonUsers = budget(.logonUsers)
        alerts = budget(.alerts)
        hunting = budget(.hunting)
    }

    public subscript(family: APIFamily) -> RateBudget {
        switch family {
        case .machines: machines
        case .logonUsers: logonUsers
        case .alerts: alerts
        case .hunting: hunting
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
            (.alerts, calls.alerts),
        ]
        return WaitForecast(
            seconds: wanted.map { family, count in count > 0 ? self[family].secondsUntil(calls: count) : 0 }.max() ?? 0,
            waitSeconds: APIFamily.allCases.map { family in
                let status = self[family].status
                return status.waiting > 0 ? status.secondsUntilNextCall : 0
            }.max() ?? 0)
    }
}
