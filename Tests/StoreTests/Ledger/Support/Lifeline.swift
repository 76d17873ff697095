import ConnectorCore
import Threading

/// The process has died: nothing of it reaches a port any more.
struct Killed: Error {}

/// A port that refuses a call.
struct PortFailure: ClassifiedFailure, Equatable {
    var jobFailure: JobFailure
}

/// What goes wrong in a run: at a call of the ports, counted or named.
final class Lifeline: Sendable {
    enum Event: Sendable {
        /// The process dies before or after the call has had its effect.
        case kill(afterEffect: Bool)
        /// The call fails, before or after it has had its effect.
        case fail(JobFailure, afterEffect: Bool)
    }

    private struct State {
        var callsLeft: Int?
        var call: String?
        var event: Event?
        var isDead = false
        var hasFired = false
    }

    private let state: Locked<State>
    private let spent = Locked<[String: Duration]>([:])

    /// Nothing goes wrong.
    init() { state = Locked(State()) }

    init(atCall number: Int, _ event: Event) { state = Locked(State(callsLeft: number, event: event)) }

    /// At the first call whose name starts so.
    init(at call: String, _ event: Event) { state = Locked(State(call: call, event: event)) }

    /// The process dies now.
    func kill() { state.withLock { $0.isDead = true } }

    var isDead: Bool { state.withLock(\.isDead) }
    var hasFired: Bool { state.withLock(\.hasFired) }
    /// How long the calls took that nothing was wrong with, by name.
    var durations: [String: Duration] { spent.withLock { $0 } }

    /// Makes a call of a port.
    func call<Result: Sendable>(
        _ name: String, partly: @Sendable () -> Void = {}, _ effect: @Sendable () async throws -> Result
    ) async throws -> Result {
        let event: Event? = try state.withLock { state in
            if state.isDead { throw Killed() }
            if let left = state.callsLeft {
                state.callsLeft = left - 1
                guard left == 1 else { return nil }
            } else {
                guard let wanted = state.call, name.hasPrefix(wanted) else { return nil }
                state.call = nil
            }
            state.hasFired = true
            if case .kill = state.event { state.isDead = true }
            return state.event
        }
        switch event {
        case nil:
            let start = ContinuousClock.now
            let result = try await effect()
            spent.withLock { $0[name, default: .zero] += ContinuousClock.now - start }
            if isDead { throw Killed() }
            return result
        case .kill(let afterEffect):
            if afterEffect { _ = try await effect() } else { partly() }
            throw Killed()
        case .fail(let failure, let afterEffect):
            if afterEffect { _ = try await effect() } else { partly() }
            throw PortFailure(jobFailure: failure)
        }
    }
}
