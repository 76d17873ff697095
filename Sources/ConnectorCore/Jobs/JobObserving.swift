/// Tells of stored changes of jobs, so that a waiting request needs no polling.
public protocol JobObserving: Sendable {
    /// Calls `action` with the id after every committed change of a job, on the thread that made the change: it must
    /// return at once and must not throw the caller back into a lock it holds. Two changes may be told in another order
    /// than they were committed in, so read the job anew.
    ///
    /// - Returns: the observation, which ends when it is cancelled or released.
    func onJobChange(_ action: @escaping @Sendable (JobID) -> Void) -> JobObservation
}

/// Ends an observation of job changes when cancelled or released.
public final class JobObservation: Sendable {
    private let end: @Sendable () -> Void

    /// - Parameter end: called at least once; a repeated call must change nothing.
    public init(end: @escaping @Sendable () -> Void) {
        self.end = end
    }

    public func cancel() { end() }

    deinit { end() }
}
