import ConnectorCore
import Dispatch
import Threading

/// Whether the store could be used when it was last tried. Tells of a change once, not at every request that meets it.
final class StoreHealth: Sendable {
    private let store: any JobStore
    private let changed: @Sendable (String?) -> Void
    private let isUsable = Locked(true)
    private let telling = DispatchQueue(label: "defender-car.store-health")

    init(_ store: any JobStore, changed: @escaping @Sendable (String?) -> Void) {
        self.store = store
        self.changed = changed
    }

    func failed(_ reason: String) { set(false, reason) }

    /// Tries the store.
    func isWritable() -> Bool {
        do {
            try store.checkWritable()
            set(true, nil)
            return true
        } catch {
            failed((error as? any ClassifiedFailure)?.jobFailure.message ?? "\(error)")
            return false
        }
    }

    /// After a request that was served: that tells little of a store that failed before, as it may not have written.
    func served() {
        if !isUsable.withLock({ $0 }) { _ = isWritable() }
    }

    private func set(_ value: Bool, _ reason: String?) {
        isUsable.withLock { usable in
            guard usable != value else { return }
            usable = value
            // Queued inside, so that the last word is the last state.
            telling.async { [changed] in changed(reason) }
        }
    }
}
