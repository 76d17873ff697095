import ConnectorCore

/// A run whose task has ended, on its way into the store.
struct EndedRun {
    enum Result {
        case returned
        case threw(any Error)
    }

    /// What the store is told.
    enum Verdict: Equatable {
        case finished(JobOutcome)
        /// Cut by the stop of the service: back to the queue.
        case interrupted
    }

    let job: Job
    let verdict: Verdict
    var tries = 0
    var retryAt: ContinuousClock.Instant?

    init(_ job: Job, verdict: Verdict) {
        self.job = job
        self.verdict = verdict
    }

    /// What the end of a run means. An error after a request to cancel, or while the service stops, is taken as the
    /// run's way to give up: what was cut off can't tell its own failure from the cut.
    static func verdict(on result: Result, isCancelRequested: Bool, isDraining: Bool) -> Verdict {
        switch result {
        case .returned: .finished(.succeeded)
        case .threw where isCancelRequested: .finished(.cancelled)
        case .threw where isDraining: .interrupted
        case .threw(let error): .finished(.failed(JobFailure(describing: error)))
        }
    }
}
