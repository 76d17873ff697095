import ConnectorCore
import Threading

/// Remembers what the control API asked of the queue.
final class RecordingQueue: JobControlling {
    private struct State: Sendable {
        var wakes = 0
        var cancelled: [JobID] = []
        var isDraining = false
        var next: [JobKind: Timestamp] = [:]
    }

    private let state = Locked(State())

    var wakes: Int { state.withLock { $0.wakes } }
    var cancelled: [JobID] { state.withLock { $0.cancelled } }
    func drain() { state.withLock { $0.isDraining = true } }
    func setNext(_ next: [JobKind: Timestamp]) { state.withLock { $0.next = next } }

    func wake() { state.withLock { $0.wakes += 1 } }
    func cancelRunning(_ id: JobID) { state.withLock { $0.cancelled.append(id) } }
    func nextScheduled(for connection: String) -> [JobKind: Timestamp] { state.withLock { $0.next } }
    var isDraining: Bool { state.withLock { $0.isDraining } }
}
