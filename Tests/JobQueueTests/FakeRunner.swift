import ConnectorCore
import Threading

/// Runs nothing: each run goes on until the test ends it, or until its task is cancelled.
final class FakeRunner: JobRunning {
    private struct State {
        var started: [Job] = []
        var waiting: [JobID: CheckedContinuation<Void, any Error>] = [:]
        var decided: [JobID: Result<Void, any Error>] = [:]
        var active: [String: Int] = [:]
        var activeMax: [String: Int] = [:]
        var allMax = 0
        var endedWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())
    /// What a cancelled run throws; `nil` for a run that does not react.
    private let onCancel: (any Error)?

    init(onCancel: (any Error)? = CancellationError()) {
        self.onCancel = onCancel
    }

    var started: [Job] { state.withLock { $0.started } }
    /// The most runs of a connection at once, and of all.
    var activeMax: [String: Int] { state.withLock { $0.activeMax } }
    var allMax: Int { state.withLock { $0.allMax } }

    func run(_ job: Job) async throws {
        state.withLock { state in
            state.started.append(job)
            state.active[job.connection, default: 0] += 1
            state.activeMax[job.connection] = max(
                state.activeMax[job.connection] ?? 0, state.active[job.connection] ?? 0)
            state.allMax = max(state.allMax, state.active.values.reduce(0, +))
        }
        defer {
            let waiters = state.withLock { state in
                state.active[job.connection, default: 0] -= 1
                defer { state.endedWaiters = [] }
                return state.endedWaiters
            }
            for waiter in waiters { waiter.resume() }
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let decided = state.withLock { state in
                    let decided = state.decided.removeValue(forKey: job.id)
                    if decided == nil { state.waiting[job.id] = continuation }
                    return decided
                }
                if let decided { continuation.resume(with: decided) }
            }
        } onCancel: {
            if let onCancel { end(job.id, with: .failure(onCancel)) }
        }
    }

    /// Ends the run, or decides how it will end once it starts.
    func end(_ id: JobID, with result: Result<Void, any Error> = .success(())) {
        let waiting = state.withLock { state in
            let waiting = state.waiting.removeValue(forKey: id)
            if waiting == nil { state.decided[id] = result }
            return waiting
        }
        waiting?.resume(with: result)
    }

    /// Returns when the next run has ended.
    func nextEnd(after action: @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.endedWaiters.append(continuation) }
            action()
        }
    }
}
