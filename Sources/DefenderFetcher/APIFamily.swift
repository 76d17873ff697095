/// Calls that share one of Defender's limits and one application permission. The raw value is the label of its requests
/// in metrics.
public enum APIFamily: String, Sendable, CaseIterable {
    case machines, logonUsers = "logonusers", alerts, hunting

    /// The application permission on WindowsDefenderATP that the calls need.
    public var permission: String {
        switch self {
        case .machines: "Machine.Read.All"
        case .logonUsers: "User.Read.All"
        case .alerts: "Alert.Read.All"
        case .hunting: "AdvancedQuery.Read.All"
        }
    }
}
