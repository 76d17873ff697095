/// Runs one claimed job to its end. Throws `CancellationError` when its task is cancelled, and what ended the run
/// otherwise.
public protocol JobRunning: Sendable {
    func run(_ job: Job) async throws
}

/// What the control API asks of the queue.
public protocol JobControlling: Sendable {
    /// A job was stored: look for work now.
    func wake()
    /// The running job turns to `cancelling` in the store already: end its task.
    func cancelRunning(_ id: JobID)
    /// The next scheduled run of each kind; empty without a schedule.
    func nextScheduled(for connection: String) -> [JobKind: Timestamp]
    /// Whether the service is stopping.
    var isDraining: Bool { get }
}

extension JobFailure {
    /// What an error that ended a run means. The only place that decides it for errors that don't say so themselves.
    public init(describing error: any Error) {
        if let classified = error as? any ClassifiedFailure {
            self = classified.jobFailure
        } else if let failure = error as? JobFailureError {
            self = failure.failure
        } else {
            self = .internal("unexpected error of type \(type(of: error)); the log has the details")
        }
    }
}

/// A failure that a run itself decides on.
public struct JobFailureError: Error, Sendable, Equatable {
    public var failure: JobFailure

    public init(_ failure: JobFailure) {
        self.failure = failure
    }
}
