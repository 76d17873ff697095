import Foundation
import OutboundHTTP
import Sandbox
import Threading

/// A clock that stands still while anything happens and leaps to the next waking when nothing does; the estate's time
/// leaps with it.
final class LeapingClock: Sendable {
    private struct Sleeper {
        var wake: Double
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = 0.0
        var next = 0
        var sleepers: [Int: Sleeper] = [:]
        /// Those cancelled before they slept.
        var cancelled: Set<Int> = []
        var activity = 0
    }

    private static let wallOffset = 1_800_000_000.0
    private let state = Locked(State())

    var now: Double { state.withLock { $0.now } }

    var clock: WaitClock {
        WaitClock(
            now: { self.now }, wall: { self.now + Self.wallOffset }, sleep: { try await self.sleep($0) })
    }

    private func sleep(_ seconds: Double) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let sleeps = state.withLock { state in
                    state.activity += 1
                    if state.cancelled.remove(id) != nil { return false }
                    state.sleepers[id] = Sleeper(wake: state.now + max(0, seconds), continuation: continuation)
                    return true
                }
                if !sleeps { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Leaps whenever `activity` has not changed for some milliseconds and no thread has anything to do, until cancelled.
    /// Milliseconds alone would be a leap in the middle of a call on a machine that is busy with something else.
    func leap(_ estate: Estate, activity: @Sendable () -> Int) async {
        var quiet = 0
        var seen = -1
        while !Task.isCancelled {
            // Throws when cancelled, which the condition sees.
            try? await Task.sleep(for: .milliseconds(2))
            let current = activity() + state.withLock { $0.activity }
            quiet = current == seen && Self.otherThreadsSleep() ? quiet + 1 : 0
            seen = current
            guard quiet >= 10 else { continue }
            let woken: (step: Double, sleepers: [Sleeper]) = state.withLock { state in
                guard let wake = state.sleepers.values.map(\.wake).min() else { return (0, []) }
                let step = max(0, wake - state.now)
                state.now = max(wake, state.now)
                let due = state.sleepers.filter { $0.value.wake <= state.now }
                for id in due.keys { state.sleepers[id] = nil }
                return (step, due.map(\.value))
            }
            guard !woken.sleepers.isEmpty else { continue }
            estate.advance(seconds: woken.step)
            for sleeper in woken.sleepers { sleeper.continuation.resume() }
            quiet = 0
        }
    }

    /// Whether every thread of this process but the one that asks waits for something; one that waits for a processor or
    /// a disk does not.
    private static func otherThreadsSleep() -> Bool {
        // Some are about to sleep, such as the one whose timer has just woken this task: they do so while it looks again.
        (0..<20).contains { _ in busyThreads() <= 1 }
    }

    private static func busyThreads() -> Int {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return threads.count { thread in
            // One that has ended meanwhile has nothing to do.
            guard let text = FileManager.default.contents(atPath: "/proc/self/task/\(thread)/stat") else {
                return false
            }
            // The state comes behind the name, which may hold anything but ends at the last parenthesis.
            let state = text.lastIndex(of: UInt8(ascii: ")")).flatMap { $0 + 2 < text.endIndex ? text[$0 + 2] : nil }
            return state == UInt8(ascii: "R") || state == UInt8(ascii: "D")
        }
    }
}
