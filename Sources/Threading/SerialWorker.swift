import Dispatch

/// A private serial queue on which blocking work (a curl transfer, a SQLite transaction) runs for async callers.
///
/// Serial and private on purpose: blocking calls in the cooperative pool or on a concurrent queue delay every other task
/// of the process.
public final class SerialWorker: Sendable {
    private let queue: DispatchQueue

    /// - Parameter label: shown by debuggers and in crash reports.
    public init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Runs `work` on the queue after everything submitted before it, and returns what it returned.
    public func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Swift.Result { try work() })
            }
        }
    }
}
