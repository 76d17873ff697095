/// Through which of Microsoft's interfaces hunting queries go. Tables, query language and row limit are the same.
public enum HuntingAPI: String, Sendable, CaseIterable {
    /// `POST /api/advancedqueries/run` of the Defender API, which stops working after 2027-02-01.
    case defender
    /// `POST /v1.0/security/runHuntingQuery` of Microsoft Graph, with a token and a permission of its own.
    case graph

    /// When Microsoft ends the interface; `nil` where no end is announced.
    public var lastDay: String? {
        switch self {
        case .defender: "2027-02-01"
        case .graph: nil
        }
    }

    var path: String {
        switch self {
        case .defender: "/api/advancedqueries/run"
        case .graph: "/v1.0/security/runHuntingQuery"
        }
    }

    /// For errors.
    var operation: String { "POST \(path)" }

    /// What an answer of "not found" may mean.
    var retirementHint: String {
        lastDay.map { "; Microsoft ends this API after \($0): set the hunting API to Microsoft Graph" } ?? ""
    }

    var permission: DefenderPermission {
        switch self {
        case .defender: DefenderPermission(name: "AdvancedQuery.Read.All", resource: "WindowsDefenderATP")
        case .graph: DefenderPermission(name: "ThreatHunting.Read.All", resource: "Microsoft Graph")
        }
    }
}
