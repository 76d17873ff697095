/// The outage that a call is in, if any.
///
/// While the policy has patience, its attempts and its time count for nothing: once the server answers, the call has the
/// attempts and the deadline that it had before. Measured on the clock, waits for a `RateBudget` included.
public struct Outage: Sendable {
    private var since: Double?
    private var attempts = 0

    public init() {}

    /// What follows when an attempt that may be repeated ended with `outcome`.
    ///
    /// - Parameters:
    ///   - began: when the attempt did, in seconds of the monotonic clock.
    ///   - now: on the same clock.
    /// - Returns: the pause before an attempt that is not counted; `nil` where it counts, because the server has answered
    ///   or patience is at its end.
    public mutating func uncountedPause(
        after outcome: AttemptOutcome, began: Double, now: Double, retryAfterSeconds: Double?, policy: RetryPolicy
    ) -> Double? {
        guard outcome.isOutage else {
            self = Outage()
            return nil
        }
        let since = since ?? began
        self.since = since
        let pause = policy.pause(after: attempts + 1, retryAfterSeconds: retryAfterSeconds)
        guard now - since + pause < policy.patienceSeconds() else { return nil }
        attempts += 1
        return pause
    }
}
