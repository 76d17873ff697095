import Threading

/// How many calls an API family allows per minute and per hour.
///
/// First come, first served; bursts go out at once as long as the windows hold.
public final class RateBudget: Sendable {
    public init(perMinute: Int, perHour: Int, clock: WaitClock = .system) {}

    /// Waits until a call may go out.
    public func acquire() async throws {}

    public func close(forSeconds seconds: Double) {}
}
