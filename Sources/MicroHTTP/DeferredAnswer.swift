import Dispatch
import Threading

/// An answer that comes later, from any thread; until then its connection is suspended.
final class DeferredAnswer: OpenAnswer {
    private enum State {
        case new
        case suspended(SuspendedConnection)
        case answered(HTTPResponse)
        case taken
    }

    let deadline: DispatchTime?
    private let open: OpenAnswers
    private let state = Locked(State.new)

    init(open: OpenAnswers, seconds: Double) {
        self.open = open
        deadline = .now() + seconds
    }

    /// Suspends the connection, on its thread, before the work starts.
    ///
    /// - Returns: `false` when the server stops.
    func suspend(_ connection: OpaquePointer) -> Bool {
        guard open.add(self) else { return false }
        return state.withLock { state in
            // Shut down between the registration and here.
            guard case .new = state else { return false }
            state = .suspended(SuspendedConnection(suspending: connection))
            return true
        }
    }

    /// The first delivery counts.
    func deliver(_ response: HTTPResponse) {
        open.remove(self)
        state.withLock { state in
            switch state {
            case .new: state = .answered(response)
            case .suspended(let connection):
                state = .answered(response)
                connection.resume()
            case .answered, .taken: break
            }
        }
    }

    var isDeserted: Bool {
        state.withLock { state in
            if case .suspended(let connection) = state { connection.isDeserted } else { false }
        }
    }

    /// The answer, once, when the connection was resumed.
    func take() -> HTTPResponse? {
        state.withLock { state in
            guard case .answered(let response) = state else { return nil }
            state = .taken
            return response
        }
    }

    func expire() {
        deliver(
            ProblemDocument(status: 503, code: "answer_timeout", detail: "The answer was not ready in time.").response()
        )
    }

    func shutDown() {
        deliver(ProblemDocument.stopping.response())
    }
}

/// Answers 500 when the last reference to a responder goes away without an answer, instead of at the deadline.
final class AnswerPromise: Sendable {
    private let answer: DeferredAnswer

    init(_ answer: DeferredAnswer) {
        self.answer = answer
    }

    func keep(_ response: HTTPResponse) {
        answer.deliver(response)
    }

    var isDeserted: Bool { answer.isDeserted }

    deinit {
        answer.deliver(ProblemDocument.internalError.response())
    }
}

extension ProblemDocument {
    static var tooManyConnections: ProblemDocument {
        ProblemDocument(
            status: 503, code: "too_many_connections", detail: "The service has all the connections that it may have.")
    }

    static var stopping: ProblemDocument {
        ProblemDocument(status: 503, code: "stopping", detail: "The service is stopping.")
    }
}
