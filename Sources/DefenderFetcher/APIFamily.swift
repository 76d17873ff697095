/// Calls that share one of Defender's limits and one application permission. The raw value is the label of its requests
/// in metrics.
public enum APIFamily: String, Sendable, CaseIterable {
    case machines, logonUsers = "logonusers", alerts, hunting
    /// The pages of the vulnerability export and of its changes.
    case vulnerabilityExport = "vulnerabilityexport"
    /// The list of CVEs.
    case vulnerabilities
}

/// An application permission, as an administrator grants it in Entra.
public struct DefenderPermission: Sendable, Equatable {
    /// Such as `Machine.Read.All`.
    public var name: String
    /// The API that it is a permission of: `WindowsDefenderATP` or `Microsoft Graph`.
    public var resource: String
}

extension DefenderSettings {
    /// The permission that the family's calls need.
    public func permission(of family: APIFamily) -> DefenderPermission {
        switch family {
        case .machines: DefenderPermission(name: "Machine.Read.All", resource: "WindowsDefenderATP")
        case .logonUsers: DefenderPermission(name: "User.Read.All", resource: "WindowsDefenderATP")
        case .alerts: DefenderPermission(name: "Alert.Read.All", resource: "WindowsDefenderATP")
        case .hunting: huntingAPI.permission
        case .vulnerabilityExport, .vulnerabilities:
            DefenderPermission(name: "Vulnerability.Read.All", resource: "WindowsDefenderATP")
        }
    }
}
