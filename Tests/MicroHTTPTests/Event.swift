import Dispatch
import Threading

/// Something that happens once or several times on other threads, waited for with a deadline.
final class Event: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let occurrences = Locked(0)

    var count: Int {
        occurrences.withLock { $0 }
    }

    func happen() {
        occurrences.withLock { $0 += 1 }
        semaphore.signal()
    }

    /// Whether it happened once more within `seconds`.
    func wait(seconds: Double = 10) -> Bool {
        semaphore.wait(timeout: .now() + seconds) == .success
    }
}

/// A value another thread hands over.
final class Box<Value: Sendable>: Sendable {
    private let content = Locked<Value?>(nil)
    private let filled = DispatchSemaphore(value: 0)

    func put(_ value: Value) {
        content.withLock { $0 = value }
        filled.signal()
    }

    func take(seconds: Double = 10) -> Value? {
        guard filled.wait(timeout: .now() + seconds) == .success else { return nil }
        return content.withLock { $0 }
    }
}
