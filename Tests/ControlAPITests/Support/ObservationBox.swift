import ConnectorCore
import Threading

/// Keeps an observation for as long as the test runs.
final class ObservationBox: Sendable {
    private let kept = Locked<JobObservation?>(nil)

    func keep(_ observation: JobObservation) { kept.withLock { $0 = observation } }
}
