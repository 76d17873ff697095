import ConnectorCore
import OutboundHTTP
import Threading

/// Reads one tenant of Microsoft Defender for Endpoint.
///
/// Every call waits for its family's budget, carries a token that is renewed in time, is repeated on transient failures
/// and throws a `DefenderError`, or a `CancellationError` when its task is cancelled. The token goes to the configured
/// host alone: redirects and links in answers are not followed.
public final class DefenderClient: DefenderReading {
    /// When a call is attempted again: for a minute where nothing says how long, to outlast a short outage; within a run a
    /// tenth of its age longer. The deadline leaves room for a Retry-After of an hour.
    public static let defaultRetry = RetryPolicy(
        attemptsMax: 9, baseSeconds: 1, capSeconds: 20, deadlineSeconds: 2 * 3600, patienceSeconds: RunPatience.seconds)

    public let budgets: DefenderBudgets
    let transport: DefenderTransport
    let settings: DefenderSettings
    let baseURL: String
    let huntingBaseURL: String
    private let tokens: DefenderTokens

    /// - Parameters:
    ///   - http: may be shared; its measurements carry the labels `machines`, `logonusers`, `alerts`, `hunting`,
    ///     `vulnerabilityexport`, `vulnerabilities`, `token`.
    ///   - budgets: those of another client of the same tenant; own ones by default.
    /// - Throws: `DefenderSettingsError`, which names every setting that can't work.
    public init(
        settings: DefenderSettings, http: HTTPClient, budgets: DefenderBudgets? = nil,
        retry: RetryPolicy = DefenderClient.defaultRetry, clock: WaitClock = .system
    ) throws {
        let problems = settings.problems()
        guard problems.isEmpty else { throw DefenderSettingsError(problems: problems) }
        let requests = Locked(0)
        var loginRetry = retry
        loginRetry.deadlineSeconds = min(retry.deadlineSeconds, 300)
        self.settings = settings
        self.budgets = budgets ?? DefenderBudgets(settings, clock: clock)
        baseURL = settings.apiURL.withoutTrailingSlashes
        huntingBaseURL = settings.huntingAPI == .graph ? settings.graphURL.withoutTrailingSlashes : baseURL
        tokens = DefenderTokens(settings: settings, http: http, retry: loginRetry, clock: clock) {
            requests.withLock { $0 += 1 }
        }
        transport = DefenderTransport(
            settings: settings, http: http, tokens: tokens, budgets: self.budgets, retry: retry, clock: clock,
            requests: requests)
    }

    public var requestCount: Int { transport.requests.withLock { $0 } }

    /// When the first of the present tokens expires, for metrics; `nil` before the first login.
    public var tokenExpiry: Timestamp? { tokens.expiry }

    public func forecast(_ calls: DefenderCalls) -> WaitForecast {
        budgets.forecast(calls)
    }

    /// Logs in where there is no usable token: to Defender, and to Graph where hunting goes through it.
    ///
    /// - Throws: `DefenderError`, `CancellationError`.
    public func login() async throws {
        _ = try await tokens[.defender].token()
        if settings.huntingAPI == .graph { _ = try await tokens[.graph].token() }
    }
}
