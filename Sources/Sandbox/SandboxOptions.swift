/// What the simulators are told at start. The defaults serve the demo: small, strict, without rate limits.
public struct SandboxOptions: Sendable {
    /// How `GET /api/machines` and `/api/alerts` continue a list.
    public enum NextLinks: Sendable, Equatable, CaseIterable {
        /// As documented and observed: a nextLink only where `$top` isn't given.
        case documented
        /// A nextLink on every page but the last, `$top` or not.
        case always
        /// Never; a client must count.
        case missing
        /// A nextLink that leads to the page it is on.
        case looping
        /// A nextLink to another host.
        case foreignHost
    }

    public static let demoTenant = "0a5c1d2e-0000-4000-8000-5a4d00000001"
    public static let demoClientID = "0a5c1d2e-0000-4000-8000-5a4d00000002"
    public static let demoClientSecret = "sandbox-client-secret"
    public static let demoScope = "https://api.securitycenter.microsoft.com/.default"
    public static let demoGraphScope = "https://graph.microsoft.com/.default"
    public static let demoCARKey = "sandbox-car-key"
    public static let demoCARPassword = "sandbox-car-password"
    public static let demoCARToken = "sandbox-car-token"

    // MARK: Estate
    public var seed: UInt64 = 1
    public var machines = 200
    public var vulnerabilityRowsPerMachine = 25
    public var alerts = 60

    // MARK: Ports (0 = any free one)
    public var defenderPort: UInt16 = 0
    public var carPort: UInt16 = 0

    // MARK: Credentials
    public var tenant = demoTenant
    public var clientID = demoClientID
    public var clientSecret = demoClientSecret
    /// Scopes for which a token is given.
    public var scopes = [demoScope, "https://api.securitycenter.windows.com/.default"]
    /// Scopes for which a token of Microsoft Graph is given.
    public var graphScopes = [demoGraphScope]
    public var carKey = demoCARKey
    public var carPassword = demoCARPassword
    public var carToken = demoCARToken

    // MARK: Defender
    public var tokenLifetimeSeconds = 3600
    /// The most elements on a page, 10,000 at Microsoft; smaller gives short pages under a larger `$top`.
    public var pageMaximum = 10_000
    public var nextLinks = NextLinks.documented
    /// The most rows on a page of the vulnerability export, 200,000 at Microsoft, whatever `pageSize` asks for.
    public var exportPageMaximum = 200_000
    /// An empty list is answered with 404, as documented.
    public var emptyListIsNotFound = true
    /// 100 calls a minute and 1,500 an hour for each of machines, users and alerts; 45 and 1,500 for hunting.
    public var enforcesRateLimits = false
    /// Application permissions that nobody has consented to, such as `Vulnerability.Read.All`.
    public var missingRoles: Set<String> = []
    /// Off: the vulnerability endpoints answer 401, as without a licence for vulnerability management.
    public var hasVulnerabilityLicence = true
    /// Hunting answers are cut here without a word.
    public var huntingRowLimit = 100_000
    /// Larger hunting answers are refused.
    public var huntingBytesMaximum = 50 * 1024 * 1024

    // MARK: CAR
    public var carDatabase = CARDatabaseState.ready
    /// Imports are applied after a random time up to this, so in no order.
    public var carDelayMillisecondsMaximum = 5
    /// Polls of a job's status that still say it runs.
    public var carJobPolls = 1
    /// Unfinished imports of one source above which 429 is answered.
    public var carUnfinishedImportsMaximum = 20
    /// An edge to a vertex that isn't there makes its import fail; otherwise it is counted and dropped.
    public var carFailsDanglingEdges = false
    /// Confirms imports without reading them: for measurements only.
    public var unchecked = false

    // MARK: Measurements
    /// Answers that were made once are given again as they are, whatever has changed since.
    public var prepared = false

    public init() {}
}

/// How far CAR's database is set up.
public enum CARDatabaseState: Sendable, Equatable, CaseIterable {
    /// `GET /databases` answers 400.
    case notSetUp
    /// The database has no graph.
    case withoutGraph
    /// Collections lack indexes.
    case withoutIndexes
    case ready
}
