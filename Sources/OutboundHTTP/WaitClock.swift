import Foundation

/// The time that waiting is measured with, as functions so that a test can let hours pass at once.
public struct WaitClock: Sendable {
    /// Seconds since an arbitrary moment; never goes back.
    public var now: @Sendable () -> Double
    /// Seconds since 1970, for HTTP dates and for times that outlive the process.
    public var wall: @Sendable () -> Double
    /// Waits at least that many seconds; throws at once when the task is cancelled.
    public var sleep: @Sendable (_ seconds: Double) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Double, wall: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void
    ) {
        self.now = now
        self.wall = wall
        self.sleep = sleep
    }

    public static let system: WaitClock = {
        let origin = ContinuousClock.now
        return WaitClock(
            now: { (ContinuousClock.now - origin).inSeconds },
            wall: { Date().timeIntervalSince1970 },
            sleep: { try await Task.sleep(for: .seconds($0), clock: .continuous) })
    }()
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
