/// Which kind of run a request becomes, and which window it covers. Pure.
struct RunDecision: Equatable {
    var kind: JobKind
    var fallbackReason: String?
    /// Machines seen since; `nil` lists all.
    var machinesSince: Timestamp?
    /// Alerts updated since; `nil` reads the open ones.
    var alertsSince: Timestamp?

    /// - Parameters:
    ///   - savePoint: CAR's model state id; `nil` where it has none.
    ///   - vulnerabilityObstacle: why the changes of vulnerabilities can't be followed; `nil` where they can or need not.
    ///   - databaseIsNew: whether CAR's database was created or changed just now.
    ///   - startedAt: when the run began, by the clock that save points are made of.
    init(
        requested: JobKind, savePoint: String?, databaseIsNew: Bool, ledger: LedgerState, options: RunOptions,
        startedAt: Timestamp, vulnerabilityObstacle: String? = nil
    ) {
        kind = .initial
        guard requested == .incremental else { return }
        let obstacle = Self.obstacle(savePoint: savePoint, databaseIsNew: databaseIsNew, ledger: ledger)
        if let reason = obstacle ?? vulnerabilityObstacle {
            fallbackReason = reason
            return
        }
        guard let from = savePoint.flatMap(Int64.init).map(Timestamp.init(milliseconds:)) else {
            fallbackReason = "the save point in CAR is not a time"
            return
        }
        // The clock was ahead then, and what has happened since lies before the window.
        guard from.adding(seconds: -options.overlapSeconds) <= startedAt else {
            fallbackReason = "the save point in CAR is later than now: the clock was changed"
            return
        }
        kind = .incremental
        // What an earlier run left out is caught up: the window starts where the data was last covered.
        if options.vulnerabilities {
            machinesSince = ledger.vulnerabilitiesThrough.map { min($0, from) }
        } else {
            machinesSince = from
        }
        machinesSince = machinesSince?.adding(seconds: -options.overlapSeconds)
        alertsSince = ledger.alertsThrough.map { min($0, from).adding(seconds: -options.overlapSeconds) }
    }

    private static func obstacle(savePoint: String?, databaseIsNew: Bool, ledger: LedgerState) -> String? {
        if databaseIsNew { return LedgerState.databaseIsNewReason }
        if let reason = ledger.invalidReason { return reason }
        guard let savePoint, !savePoint.isEmpty else { return "no save point in CAR" }
        guard ledger.savePoint != nil || ledger.pendingSavePoint != nil else { return "no ledger for this connection" }
        guard savePoint == ledger.savePoint || savePoint == ledger.pendingSavePoint else {
            return "the ledger does not match the save point in CAR"
        }
        return nil
    }
}
