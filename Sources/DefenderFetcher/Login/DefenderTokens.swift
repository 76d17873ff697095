import ConnectorCore
import OutboundHTTP

/// The tokens of one client: Defender's, and Graph's where hunting goes through Graph. Each is for its own audience alone.
struct DefenderTokens: Sendable {
    private let defender: AccessTokenSource
    private let graph: AccessTokenSource

    /// - Parameter attempted: called for every attempt to log in.
    init(
        settings: DefenderSettings, http: HTTPClient, retry: RetryPolicy, clock: WaitClock,
        attempted: @escaping @Sendable () -> Void
    ) {
        func source(_ scope: String) -> AccessTokenSource {
            let endpoint = TokenEndpoint(
                settings: settings, scope: scope, http: http, retry: retry, attempted: attempted)
            return AccessTokenSource(endpoint: endpoint, clock: clock)
        }
        defender = source(settings.scope)
        graph = source(settings.graphScope)
    }

    subscript(audience: HuntingAPI) -> AccessTokenSource {
        switch audience {
        case .defender: defender
        case .graph: graph
        }
    }

    /// The earlier of the two; `nil` before the first login.
    var expiry: Timestamp? {
        [defender.tokenExpiry, graph.tokenExpiry].compactMap(\.self).min()
    }
}
