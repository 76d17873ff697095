import ConnectorCore
import Telemetry

/// What the control API is made of; the executable fills it in.
public struct ControlAPIDependencies: Sendable {
    public var store: any JobStore
    public var queue: any JobControlling
    /// The configured connections, in the order in which they are listed.
    public var connections: [ConnectionInfo]
    public var access: AccessPolicy
    /// The service's metrics as text; called for every scrape, on a server thread.
    public var renderMetrics: @Sendable (PrometheusText.Format) -> String
    /// Tests login, permissions and CAR of a connection; `nil` where the service can't. Cancelled at its deadline.
    public var check: (@Sendable (String) async -> [CheckResult])?
    public var clock: @Sendable () -> Timestamp
    public var version: String
    /// Registers what is to be called, from any thread, whenever a job has visibly changed.
    public var onJobChange: @Sendable (@escaping @Sendable (JobID) -> Void) -> Void
    public var limits = ControlAPILimits()
    /// The call budgets of a connection; empty where there are none.
    public var budgets: @Sendable (String) -> [BudgetInfo] = { _ in [] }
    /// Called, on a server thread, when the store can't be used any more, with the reason, and with `nil` when it can
    /// again. The reason names files, which is for the log: anybody may ask for the readiness.
    public var storeChanged: @Sendable (String?) -> Void = { _ in }

    public init(
        store: any JobStore, queue: any JobControlling, connections: [ConnectionInfo], access: AccessPolicy,
        renderMetrics: @escaping @Sendable (PrometheusText.Format) -> String,
        check: (@Sendable (String) async -> [CheckResult])? = nil,
        clock: @escaping @Sendable () -> Timestamp, version: String,
        onJobChange: @escaping @Sendable (@escaping @Sendable (JobID) -> Void) -> Void
    ) {
        self.store = store
        self.queue = queue
        self.connections = connections
        self.access = access
        self.renderMetrics = renderMetrics
        self.check = check
        self.clock = clock
        self.version = version
        self.onJobChange = onJobChange
    }
}

/// Bounds of what clients can hold open.
public struct ControlAPILimits: Sendable {
    /// Requests with `?wait=` at a time.
    public var waitersMax = 256
    /// Event streams at a time.
    public var streamsMax = 64
    /// Connection checks at a time.
    public var checksMax = 4
    public var checkSeconds = 60.0
    /// Between two comments on an event stream.
    public var heartbeatSeconds = 15.0

    public init() {}
}
