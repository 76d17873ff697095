import Threading

/// Lets one task in at a time, in the order they came. A task cancelled while it waits leaves at once.
final class FairGate: Sendable {
    private struct State {
        var held = false
        var waiting = FIFO<Waiter>()
    }

    private let state = Locked(State())

    /// - Throws: `OutboundError.cancelled`; the gate is not held then.
    func enter() async throws {
        let entered = state.withLock { state in
            defer { state.held = true }
            return !state.held
        }
        if entered { return }
        let waiter = Waiter()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiter.wait(with: continuation) else { return }
                let entered = state.withLock { state in
                    defer { state.held = true }
                    if state.held { state.waiting.append(waiter) }
                    return !state.held
                }
                // Cancelled in between: the gate is for the next.
                if entered, !waiter.resume(with: .success(())) { leave() }
            }
        } onCancel: {
            waiter.resume(with: .failure(.cancelled))
            _ = state.withLock { $0.waiting.removeFirst { $0 === waiter } }
        }
    }

    func leave() {
        while true {
            let next: Waiter? = state.withLock { state in
                let next = state.waiting.popFirst()
                state.held = next != nil
                return next
            }
            // One cancelled just now has been told already: the gate is for the one behind it.
            guard let next else { return }
            if next.resume(with: .success(())) { return }
        }
    }
}

/// A task that waits. Resumed once, even if that comes before it waits.
private final class Waiter: Sendable {
    private enum Phase {
        case created
        case waiting(CheckedContinuation<Void, any Error>)
        case cancelledEarly
        case ended
    }

    private let phase = Locked(Phase.created)

    /// False if it was cancelled before; it has been told then.
    func wait(with continuation: CheckedContinuation<Void, any Error>) -> Bool {
        let waits = phase.withLock { phase in
            if case .cancelledEarly = phase {
                phase = .ended
                return false
            }
            phase = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(throwing: OutboundError.cancelled) }
        return waits
    }

    /// False if it was resumed before.
    @discardableResult
    func resume(with result: Result<Void, OutboundError>) -> Bool {
        let continuation: CheckedContinuation<Void, any Error>? = phase.withLock { phase in
            switch phase {
            case .created:
                phase = .cancelledEarly
                return nil
            case .waiting(let continuation):
                phase = .ended
                return continuation
            case .cancelledEarly, .ended:
                return nil
            }
        }
        continuation?.resume(with: result.mapError { $0 })
        return continuation != nil
    }
}
