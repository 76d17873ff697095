import Threading

/// One attempt on its way: created, waiting for its turn, running, finished. Its caller is resumed exactly once.
final class Transfer: Sendable {
    typealias Continuation = CheckedContinuation<OutboundResponse, any Error>

    private enum Phase {
        case created
        case queued(Continuation)
        case running(Continuation)
        case finished
    }

    private struct State {
        var phase = Phase.created
        var cancelled = false
    }

    let request: OutboundRequest
    let attempt: Int
    private let state = Locked(State())

    init(_ request: OutboundRequest, attempt: Int) {
        self.request = request
        self.attempt = attempt
    }

    var isCancelled: Bool { state.withLock { $0.cancelled } }

    var isQueued: Bool {
        state.withLock { state in
            if case .queued = state.phase { true } else { false }
        }
    }

    /// False if it was cancelled before it began; its caller has been told then.
    func enqueue(_ continuation: Continuation) -> Bool {
        let queued = state.withLock { state in
            state.phase = state.cancelled ? .finished : .queued(continuation)
            return !state.cancelled
        }
        if !queued { continuation.resume(throwing: OutboundError.cancelled) }
        return queued
    }

    /// False if it was cancelled while it waited.
    func start() -> Bool {
        state.withLock { state in
            guard case .queued(let continuation) = state.phase else { return false }
            state.phase = .running(continuation)
            return true
        }
    }

    func finish(_ result: Result<OutboundResponse, OutboundError>) {
        let continuation: Continuation? = state.withLock { state in
            defer { state.phase = .finished }
            return switch state.phase {
            case .queued(let continuation), .running(let continuation): continuation
            case .created, .finished: nil
            }
        }
        continuation?.resume(with: result.mapError { $0 })
    }

    /// Ends a waiting transfer at once; a running one is ended by its loop.
    func cancel() {
        state.withLock { $0.cancelled = true }
        if isQueued { finish(.failure(.cancelled)) }
    }
}
