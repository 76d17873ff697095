import Dispatch
import Threading

/// An answer that is not complete yet and whose connection may be suspended.
protocol OpenAnswer: AnyObject, Sendable {
    /// When it is to be ended with `expire()`; `nil`: never.
    var deadline: DispatchTime? { get }
    func expire()
    /// The server stops: the answer ends now, its connection is resumed and never suspended again.
    func shutDown()
}

/// The deferred answers and streams of one server.
///
/// The HTTP library aborts the process when it is stopped while a connection is suspended. So only answers that are
/// registered here may suspend, and after `endAll()` none can be registered.
final class OpenAnswers: Sendable {
    private struct State {
        var isStopping = false
        var answers: [ObjectIdentifier: any OpenAnswer] = [:]
        var nextSweep: DispatchTime?
    }

    private let state = Locked(State())
    /// Private, so that nothing delays a deadline.
    private let timers = DispatchQueue(label: "microhttp.deadlines")

    var isStopping: Bool {
        state.withLock { $0.isStopping }
    }

    /// - Returns: `false` when the server stops: the answer must not suspend.
    func add(_ answer: any OpenAnswer) -> Bool {
        let (isAdded, sweep) = state.withLock { state -> (Bool, DispatchTime?) in
            if state.isStopping { return (false, nil) }
            state.answers[ObjectIdentifier(answer)] = answer
            guard let deadline = answer.deadline, state.nextSweep.map({ deadline < $0 }) ?? true else {
                return (true, nil)
            }
            state.nextSweep = deadline
            return (true, deadline)
        }
        if let sweep { schedule(sweep) }
        return isAdded
    }

    func remove(_ answer: any OpenAnswer) {
        state.withLock { _ = $0.answers.removeValue(forKey: ObjectIdentifier(answer)) }
    }

    func endAll() {
        let answers = state.withLock { state in
            state.isStopping = true
            let answers = Array(state.answers.values)
            state.answers = [:]
            return answers
        }
        for answer in answers { answer.shutDown() }
    }

    private func schedule(_ time: DispatchTime) {
        timers.asyncAfter(deadline: time) { [weak self] in self?.sweep(scheduledFor: time) }
    }

    /// Expires what is due, then waits for the earliest deadline that is left. One timer stands at a time, whatever the
    /// number of answers.
    private func sweep(scheduledFor time: DispatchTime) {
        let now = DispatchTime.now()
        let (due, next) = state.withLock { state -> ([any OpenAnswer], DispatchTime?) in
            // An earlier deadline was added since: its own sweep does the work.
            guard state.nextSweep == time else { return ([], nil) }
            let due = state.answers.values.filter { $0.deadline.map { $0 <= now } ?? false }
            for answer in due { state.answers[ObjectIdentifier(answer)] = nil }
            state.nextSweep = state.answers.values.compactMap(\.deadline).min()
            return (due, state.nextSweep)
        }
        for answer in due { answer.expire() }
        if let next { schedule(next) }
    }
}
