import OutboundHTTP
import Threading

/// A clock whose sleeps end at once and move the time: for one waiting task at a time.
final class SimulatedTime: Sendable {
    private struct State {
        var now = 1000.0
        var sleeps: [Double] = []
    }

    /// Wall time minus monotonic time.
    static let wallOffset = 1_700_000_000.0
    private let state = Locked(State())

    var now: Double { state.withLock { $0.now } }
    var sleeps: [Double] { state.withLock { $0.sleeps } }

    func advance(_ seconds: Double) {
        state.withLock { $0.now += seconds }
    }

    var clock: WaitClock {
        WaitClock(
            now: { self.now }, wall: { self.now + SimulatedTime.wallOffset },
            sleep: { seconds in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.now += seconds
                    state.sleeps.append(seconds)
                }
            })
    }
}
