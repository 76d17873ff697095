/// How the queue works.
public struct JobQueueSettings: Sendable {
    /// How many jobs run at once, each of another connection.
    public var runningMax: Int
    /// The queue looks for work this often, even if nobody wakes it.
    public var safetyInterval: Duration
    /// How long after the first the end of a job is offered again to a store that fails; the delay doubles up to 30 s. It
    /// is offered until the process stops: until then no other job of the connection may run.
    public var storeRetryDelay: Duration

    public init(
        runningMax: Int = 2, safetyInterval: Duration = .seconds(15),
        storeRetryDelay: Duration = .milliseconds(500)
    ) {
        self.runningMax = max(1, runningMax)
        self.safetyInterval = max(.milliseconds(10), safetyInterval)
        self.storeRetryDelay = max(.milliseconds(1), storeRetryDelay)
    }

    func retryDelay(after tries: Int) -> Duration {
        min(storeRetryDelay * (1 << min(max(tries - 1, 0), 16)), .seconds(30))
    }
}
