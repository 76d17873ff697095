/// A state and the tasks that wait until it lets them in, in the order in which they came.
///
/// Nobody passes those who came before. A task that is cancelled while it waits leaves the line at once.
public final class WaitingLine<State: Sendable>: Sendable {
    private struct Line {
        var state: State
        var waiting = FIFO<Waiter>()
    }

    private let line: Locked<Line>
    private let admits: @Sendable (inout State) -> Bool

    /// - Parameter admits: whether the first of the line may enter; notes in the state that it has if so.
    public init(_ state: State, admits: @escaping @Sendable (inout State) -> Bool) {
        line = Locked(Line(state: state))
        self.admits = admits
    }

    /// The state as it is now.
    public var state: State { line.withLock { $0.state } }

    /// Waits for its turn.
    ///
    /// - Throws: `CancellationError` when the task is cancelled; it has not entered then.
    public func enter() async throws {
        try Task.checkCancellation()
        let isIn = line.withLock { line in line.waiting.isEmpty && admits(&line.state) }
        if isIn { return }
        let waiter = Waiter()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiter.wait(with: continuation) else { return }
                line.withLock { $0.waiting.append(waiter) }
                // What lets it in may have come in between.
                change { _ in }
            }
        } onCancel: {
            guard waiter.cancel() else { return }
            _ = line.withLock { $0.waiting.removeFirst { $0 === waiter } }
            // Those behind it may have waited for it alone.
            change { _ in }
        }
    }

    /// Changes the state, and lets in whoever may enter now.
    public func change(_ body: (inout State) -> Void) {
        let entering = line.withLock { line in
            body(&line.state)
            var entering: [CheckedContinuation<Void, any Error>] = []
            while let next = line.waiting.first {
                var state = line.state
                guard admits(&state) else { break }
                _ = line.waiting.popFirst()
                // One that was cancelled just now is not in: the turn is the next one's.
                guard let continuation = next.take() else { continue }
                line.state = state
                entering.append(continuation)
            }
            return entering
        }
        for continuation in entering { continuation.resume() }
    }
}

/// A task that waits: resumed once, also where it is cancelled before it waits.
private final class Waiter: Sendable {
    private enum Phase {
        case created
        case waiting(CheckedContinuation<Void, any Error>)
        case ended
    }

    private let phase = Locked(Phase.created)

    /// False if it was cancelled before; it has been told then.
    func wait(with continuation: CheckedContinuation<Void, any Error>) -> Bool {
        let waits = phase.withLock { phase in
            if case .ended = phase { return false }
            phase = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(throwing: CancellationError()) }
        return waits
    }

    /// Ends the wait with an error. False if it has ended.
    func cancel() -> Bool {
        let (ended, continuation) = phase.withLock { phase -> (Bool, CheckedContinuation<Void, any Error>?) in
            defer { phase = .ended }
            return switch phase {
            case .created: (true, nil)
            case .waiting(let continuation): (true, continuation)
            case .ended: (false, nil)
            }
        }
        continuation?.resume(throwing: CancellationError())
        return ended
    }

    /// The continuation, which the caller resumes; `nil` if the wait has ended.
    func take() -> CheckedContinuation<Void, any Error>? {
        phase.withLock { phase in
            guard case .waiting(let continuation) = phase else { return nil }
            phase = .ended
            return continuation
        }
    }
}
