import Threading

/// Bounds how many tasks are inside a section at a time; they enter in the order in which they asked.
final class Permits: Sendable {
    private struct State {
        var taken = 0
        var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var nextTicket: UInt64 = 0
        /// Cancelled before they came to wait.
        var abandoned: Set<UInt64> = []
    }

    private let max: Int
    private let state = Locked(State())

    init(max: Int) {
        self.max = Swift.max(1, max)
    }

    var taken: Int { state.withLock { $0.taken } }

    /// Runs `work` with a permit, which is given back however it ends.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits, or what `work` throws.
    func with<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        try await acquire()
        defer { release() }
        return try await work()
    }

    private func acquire() async throws {
        try Task.checkCancellation()
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.abandoned.remove(ticket) != nil { return .failure(CancellationError()) }
                    if state.taken < max {
                        state.taken += 1
                        return .success(())
                    }
                    state.waiting.append((ticket, continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            abandon(ticket)
        }
        // Reached with a permit; the mark of a cancellation that came too late must not stay.
        state.withLock { _ = $0.abandoned.remove(ticket) }
    }

    private func abandon(_ ticket: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                state.abandoned.insert(ticket)
                return nil
            }
            return state.waiting.remove(at: index).continuation
        }
        continuation?.resume(throwing: CancellationError())
    }

    private func release() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            // A permit that is handed on stays taken.
            if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
            state.taken -= 1
            return nil
        }
        continuation?.resume()
    }
}
