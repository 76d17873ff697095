/// How a client connects. Proxies come from the environment (`https_proxy`, `http_proxy`, `no_proxy`), read by curl.
public struct HTTPClientConfiguration: Sendable {
    /// Transfers at the same time; 1 or more.
    public var workers = 8
    /// Requests that may wait for their turn; one more is refused.
    public var waitingMax = 10_000
    public var connectTimeoutSeconds = 10.0
    /// PEM file of the authorities to trust *instead of* the system's store.
    public var caFile: String?
    public var userAgent = "defender-car"
    /// Whether the environment's proxies are used.
    public var usesProxy = true
    /// Called once per attempt on the client's thread, before the caller gets its answer: must be quick.
    public var measured: (@Sendable (RequestMeasurement) -> Void)?
    /// Called with a request's label and the seconds that an attempt of it has waited for its rate budget.
    public var waited: (@Sendable (_ label: String, _ seconds: Double) -> Void)?
    /// Time for retries; replaced by tests.
    public var clock = WaitClock.system

    public init(
        workers: Int = 8, connectTimeoutSeconds: Double = 10, caFile: String? = nil,
        userAgent: String = "defender-car", measured: (@Sendable (RequestMeasurement) -> Void)? = nil
    ) {
        self.workers = workers
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.caFile = caFile
        self.userAgent = userAgent
        self.measured = measured
    }
}
