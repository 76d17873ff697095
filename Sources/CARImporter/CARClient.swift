import ConnectorCore
import OutboundHTTP
import Threading

/// Writes one source into CAR. Every call may be made from any task at any time; the bounds on unconfirmed imports and
/// on parallel patches hold over all of them together.
///
/// - Failures that pass by are tried again within `CARSettings.retry`: 408, 429, 5xx, connection errors, truncated
///   answers, and 403 five times.
/// - Throws: every call `CARError`, or `CancellationError` soon after its task was cancelled.
/// - SeeAlso: IBM/cp4s-car-schema `doc/`, IBM/cp4s-car-connector-framework `car_framework/car_service.py`.
public final class CARClient: CARWriting {
    public let settings: CARSettings
    let calls: CARCalls
    let confirmer: ImportConfirmer
    let imports: Permits
    let patches: Permits
    let importEnded: (@Sendable (ImportOutcome) -> Void)?
    private let http: HTTPClient
    private let requests: Locked<Int>

    /// - Parameter configuration: of the connections to CAR; its `measured` is called with the labels `databases`,
    ///   `jobstatus`, `session`, `imports`, `importstatus`, `source`, `edges`, `delete` and `health`.
    /// - Parameter importEnded: called once for every import, with what became of it.
    public init(
        settings: CARSettings, configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        importEnded: (@Sendable (ImportOutcome) -> Void)? = nil
    ) {
        let requests = Locked(0)
        var counting = configuration
        counting.measured = { measurement in
            requests.withLock { $0 += 1 }
            configuration.measured?(measurement)
        }
        self.settings = settings
        self.importEnded = importEnded
        self.requests = requests
        http = HTTPClient(configuration: counting)
        calls = CARCalls(settings: settings, http: http, clock: configuration.clock)
        confirmer = ImportConfirmer(calls)
        imports = Permits(max: settings.unconfirmedImportsMax)
        patches = Permits(max: settings.parallelPatchesMax)
    }

    /// Ended requests, retries and polls included.
    public var requestCount: Int { requests.withLock { $0 } }

    /// Imports that are being sent or are not confirmed yet; at most `CARSettings.unconfirmedImportsMax`.
    public var unconfirmedImports: Int { imports.taken }

    /// Ends every transfer and closes the connections. Tasks that wait for CAR to confirm something are to be cancelled
    /// before, since to them a closed client is a CAR that does not answer.
    public func shutdown() {
        http.shutdown()
    }

    /// What requests are labelled with.
    public static let callLabels = [
        "databases", "jobstatus", "session", "imports", "importstatus", "source", "edges", "delete",
    ]
}
