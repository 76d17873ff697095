import Logging
import OutboundHTTP
import Store
import Threading

/// Writes the calls of the budgets into the store before they go out, several callers' in one transaction.
final class StoredCallJournal: Sendable {
    private let store: SQLiteStore
    private let logger: Logger
    private let worker = SerialWorker(label: "defender-car.call-journal")
    private let pending = Locked<[BudgetEvent]>([])

    init(store: SQLiteStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    fileprivate func record(_ event: BudgetEvent) async {
        pending.withLock { $0.append(event) }
        do {
            // Whoever comes first takes what all the others have brought meanwhile.
            try await worker.run { [pending, store] in
                let events = pending.withLock { events in
                    defer { events = [] }
                    return events
                }
                if !events.isEmpty { try store.record(events) }
            }
        } catch {
            // The call is counted in memory all the same; only a restart within the hour would not know of it.
            logger.warning("a call could not be written to the budget's journal", metadata: ["error": "\(error)"])
        }
    }

    /// The journal of one budget.
    func journal(of budget: String) -> any CallJournal { BudgetJournal(budget: budget, journal: self) }
}

private struct BudgetJournal: CallJournal {
    let budget: String
    let journal: StoredCallJournal

    func willCall(at moment: Double) async {
        await journal.record(.call(budget: budget, at: moment))
    }

    func closed(until moment: Double) {
        Task { await journal.record(.closed(budget: budget, until: moment)) }
    }
}
