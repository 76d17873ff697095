import Threading

/// Gives memory back once no job has run for a while, so that neither the next job nor requests in between pay for it.
final class IdleMemory: Sendable {
    private struct State {
        var running = 0
        /// Jobs that have begun so far.
        var begun = 0
    }

    private let delay: Duration
    private let giveBack: @Sendable () -> Void
    private let state = Locked(State())
    private let worker = SerialWorker(label: "defender-car.idle-memory")

    /// - Parameter giveBack: called on a queue of its own.
    init(after delay: Duration = .seconds(10), giveBack: @escaping @Sendable () -> Void) {
        self.delay = delay
        self.giveBack = giveBack
    }

    /// Runs a job.
    func busy<Result>(_ job: () async throws -> Result) async rethrows -> Result {
        state.withLock { state in
            state.running += 1
            state.begun += 1
        }
        defer { ended() }
        return try await job()
    }

    private func ended() {
        let begun = state.withLock { state in
            state.running -= 1
            return state.begun
        }
        Task {
            try await Task.sleep(for: delay)
            guard state.withLock({ $0.running == 0 && $0.begun == begun }) else { return }
            try await worker.run(giveBack)
        }
    }
}
