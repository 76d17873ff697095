import Foundation

/// A value that is only touched under a lock, for a few fields used briefly from any thread.
///
/// `NSLock` and not `Synchronization.Mutex`: the latter gives false ThreadSanitizer reports on Linux.
/// The closure must not block and must not call back into the same lock.
public final class Locked<Value: Sendable>: @unchecked Sendable {
    // Unchecked because the compiler can't see that `value` is only reached between lock and unlock.
    private let lock = NSLock()
    private var value: Value

    public init(_ value: Value) {
        self.value = value
    }

    /// Runs `body` with exclusive access to the value.
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
