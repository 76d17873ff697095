/// What became of an import that was sent to CAR, for metrics.
public enum ImportOutcome: String, Sendable, CaseIterable {
    case confirmed
    /// Refused by CAR, or not sent at all.
    case failed
    /// Not confirmed before its deadline.
    case unconfirmed
    /// No longer waited for.
    case cancelled

    init(_ error: any Error) {
        if error is CancellationError {
            self = .cancelled
        } else if case .unconfirmed? = (error as? CARError)?.reason {
            self = .unconfirmed
        } else {
            self = .failed
        }
    }
}
