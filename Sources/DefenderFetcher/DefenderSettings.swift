import Foundation
import OutboundHTTP

/// Which Defender tenant to read, and how fast.
public struct DefenderSettings: Sendable {
    /// Base of the Defender API, such as `https://api.security.microsoft.com`; sovereign clouds have their own.
    public var apiURL: String
    /// Base of the token endpoint, such as `https://login.microsoftonline.com`.
    public var loginURL: String
    /// The Entra tenant: a GUID or a domain name.
    public var tenant: String
    /// The application (client) ID.
    public var clientID: String
    /// The *value* of a client secret, not its ID.
    public var clientSecret: Secret
    public var scope: String
    public var huntingAPI = HuntingAPI.defender
    /// Base of Microsoft Graph; read only where hunting goes through it.
    public var graphURL = "https://graph.microsoft.com"
    /// Scope of Graph's token.
    public var graphScope = "https://graph.microsoft.com/.default"
    /// A hunting answer with this many rows counts as cut.
    public var huntingRowLimit = 100_000
    /// No attempt of a call takes longer; most calls have a shorter limit of their own.
    public var attemptSecondsMax = 400.0
    /// Sent instead of the HTTP client's own.
    public var userAgent: String?
    /// For each of machines, logon users, alerts and CVEs; 0 for no limit, like the limits below.
    public var requestsPerMinute = 100
    public var requestsPerHour = 1500
    public var huntingPerMinute = 45
    public var huntingPerHour = 1500
    /// For the vulnerability export and its changes together.
    public var exportPerMinute = 30
    public var exportPerHour = 1000

    public init(
        apiURL: String = "https://api.securitycenter.windows.com",
        loginURL: String = "https://login.microsoftonline.com", tenant: String, clientID: String,
        clientSecret: Secret, scope: String = "https://api.securitycenter.microsoft.com/.default"
    ) {
        self.apiURL = apiURL
        self.loginURL = loginURL
        self.tenant = tenant
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
    }

    /// Everything that is wrong, each with the name of the property.
    public func problems() -> [DefenderSettingsError.Problem] {
        var problems: [DefenderSettingsError.Problem] = []
        func check(_ field: String, _ reason: String?) {
            if let reason { problems.append(.init(field: field, reason: reason)) }
        }
        check("apiURL", DefenderSettings.problem(ofURL: apiURL))
        check("loginURL", DefenderSettings.problem(ofURL: loginURL))
        check("tenant", tenantProblem)
        check("clientID", DefenderSettings.problem(ofText: clientID))
        check("clientSecret", DefenderSettings.problem(ofText: clientSecret.reveal()))
        check("scope", DefenderSettings.problem(ofText: scope))
        if huntingAPI == .graph {
            check("graphURL", DefenderSettings.problem(ofURL: graphURL))
            check("graphScope", DefenderSettings.problem(ofText: graphScope))
        }
        check("huntingRowLimit", huntingRowLimit < 1 ? "must be 1 or more" : nil)
        check(
            "userAgent", userAgent?.utf8.contains { $0 < 0x20 || $0 == 0x7F } == true ? "holds control characters" : nil
        )
        let limits = [
            ("requestsPerMinute", requestsPerMinute), ("requestsPerHour", requestsPerHour),
            ("huntingPerMinute", huntingPerMinute), ("huntingPerHour", huntingPerHour),
            ("exportPerMinute", exportPerMinute), ("exportPerHour", exportPerHour),
        ]
        for (field, limit) in limits { check(field, limit < 0 ? "must be 0 (no limit) or more" : nil) }
        return problems
    }

    /// How often the family's calls may be made; 0 for no limit.
    public func limits(of family: APIFamily) -> (perMinute: Int, perHour: Int) {
        switch family {
        case .hunting: (huntingPerMinute, huntingPerHour)
        case .vulnerabilityExport: (exportPerMinute, exportPerHour)
        case .machines, .logonUsers, .alerts, .vulnerabilities: (requestsPerMinute, requestsPerHour)
        }
    }

    private var tenantProblem: String? {
        if let problem = DefenderSettings.problem(ofText: tenant) { return problem }
        // It becomes a segment of the token endpoint's path.
        guard tenant.utf8.allSatisfy(URLEncoding.isUnreserved), tenant != ".", tenant != ".." else {
            return "must be the tenant's GUID or domain name"
        }
        if ["common", "organizations", "consumers"].contains(tenant.lowercased()) {
            return "\"\(tenant)\" can't be used for an application: give the tenant's GUID or domain name"
        }
        return nil
    }

    private static func problem(ofText text: String) -> String? {
        if text.isEmpty { return "is missing" }
        if text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return "holds white space or control characters" }
        return nil
    }

    private static func problem(ofURL text: String) -> String? {
        if let problem = problem(ofText: text) { return problem }
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "https" || scheme == "http", let host = url.host, !host.isEmpty
        else { return "must be like https://host" }
        if url.user != nil || url.password != nil { return "must not hold credentials" }
        if url.query != nil || url.fragment != nil { return "must not have a query or fragment" }
        return nil
    }
}

/// Settings that can't work; names every wrong one.
public struct DefenderSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public struct Problem: Sendable, Equatable {
        /// The property of `DefenderSettings`.
        public var field: String
        public var reason: String
    }

    public var problems: [Problem]

    public var description: String {
        problems.map { "\($0.field) \($0.reason)" }.joined(separator: "; ")
    }
}
