import MicroHTTP
import Threading

/// Keeps what is written to a stream; the test can end it as a client that goes away does.
final class RecordingStream: ResponseStream {
    private struct State: Sendable {
        var text = ""
        var isFinished = false
        var actions: [@Sendable () -> Void] = []
    }

    private let state = Locked(State())

    var text: String { state.withLock { $0.text } }
    var isFinished: Bool { state.withLock { $0.isFinished } }

    var isDeserted: Bool { false }

    func write(_ bytes: [UInt8]) -> Bool {
        state.withLock { state in
            if !state.isFinished { state.text += String(decoding: bytes, as: UTF8.self) }
            return !state.isFinished
        }
    }

    func finish() {
        let actions = state.withLock { state in
            state.isFinished = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action() }
    }

    func onEnd(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isFinished { state.actions.append(action) }
            return state.isFinished
        }
        if isOver { action() }
    }
}
