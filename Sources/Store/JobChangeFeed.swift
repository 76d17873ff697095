import ConnectorCore
import Threading

/// Who wants to hear of job changes.
final class JobChangeFeed: Sendable {
    private struct Listeners {
        var next = 0
        var actions: [Int: @Sendable (JobID) -> Void] = [:]
    }

    private let listeners = Locked(Listeners())

    func add(_ action: @escaping @Sendable (JobID) -> Void) -> JobObservation {
        let key = listeners.withLock { listeners in
            listeners.next += 1
            listeners.actions[listeners.next] = action
            return listeners.next
        }
        return JobObservation { [weak self] in
            self?.listeners.withLock { _ = $0.actions.removeValue(forKey: key) }
        }
    }

    /// Tells everybody, outside the lock: a listener may cancel itself or read the store.
    func tell(_ ids: [JobID]) {
        guard !ids.isEmpty else { return }
        let actions = listeners.withLock { Array($0.actions.values) }
        for id in ids {
            for action in actions { action(id) }
        }
    }
}

extension SQLiteStore: JobObserving {
    public func onJobChange(_ action: @escaping @Sendable (JobID) -> Void) -> JobObservation {
        changes.add(action)
    }
}
