/// The outside of a run.
public struct RunPorts: Sendable {
    public var defender: any DefenderReading
    public var car: any CARWriting
    public var store: any RunStore
    /// Records what the run has decided and how far it is.
    public var record: @Sendable (JobUpdate) async throws -> Void
    public var now: @Sendable () -> Timestamp

    public init(
        defender: any DefenderReading, car: any CARWriting, store: any RunStore,
        record: @escaping @Sendable (JobUpdate) async throws -> Void, now: @escaping @Sendable () -> Timestamp
    ) {
        self.defender = defender
        self.car = car
        self.store = store
        self.record = record
        self.now = now
    }
}
