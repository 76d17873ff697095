import Threading

/// Bounds how many connection checks run at a time.
final class CheckSlots: Sendable {
    private let free: Locked<Int>

    init(max: Int) { free = Locked(max) }

    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() { free.withLock { $0 += 1 } }
}
