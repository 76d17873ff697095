/// How the queue works.
public struct JobQueueSettings: Sendable {
    /// How many jobs run at once, each of another connection.
    public var runningMax: Int
    /// The queue looks for work this often, even if nobody wakes it.
    public var safetyInterval: Duration
    /// How often the end of a job is offered to a store that fails, and how long before the second offer; the delay
    /// doubles up to 30 s.
    public var storeTriesMax: Int
    public var storeRetryDelay: Duration

    public init(
        runningMax: Int = 2, safetyInterval: Duration = .seconds(15), storeTriesMax: Int = 12,
        storeRetryDelay: Duration = .milliseconds(500)
    ) {
        self.runningMax = max(1, runningMax)
        self.safetyInterval = max(.milliseconds(10), safetyInterval)
        self.storeTriesMax = max(1, storeTriesMax)
        self.storeRetryDelay = max(.milliseconds(1), storeRetryDelay)
    }

    func retryDelay(after tries: Int) -> Duration {
        min(storeRetryDelay * (1 << min(max(tries - 1, 0), 16)), .seconds(30))
    }
}
