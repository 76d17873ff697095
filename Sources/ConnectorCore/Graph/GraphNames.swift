/// A vertex collection of CAR; the raw value is CAR's name.
public enum VertexCollection: String, Sendable, Codable, CaseIterable, Hashable {
    case asset, hostname, application, ipaddress, macaddress, user, account, vulnerability

    /// Not of the name: hashing a text for every look-up costs more than the look-up.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(index)
    }

    /// The place of the collection among all.
    public var index: UInt8 {
        switch self {
        case .asset: 0
        case .hostname: 1
        case .application: 2
        case .ipaddress: 3
        case .macaddress: 4
        case .user: 5
        case .account: 6
        case .vulnerability: 7
        }
    }

    /// Whether CAR keys the collection by `_key` (`true`) or by `external_id` within the source (`false`).
    public var isKeyed: Bool {
        switch self {
        case .hostname, .ipaddress, .macaddress: true
        case .asset, .application, .user, .account, .vulnerability: false
        }
    }
}

/// An edge collection of CAR; the raw value is CAR's name.
public enum EdgeKind: String, Sendable, Codable, CaseIterable, Hashable {
    case assetHostname = "asset_hostname"
    case assetApplication = "asset_application"
    case assetIPAddress = "asset_ipaddress"
    case assetMACAddress = "asset_macaddress"
    case ipAddressMACAddress = "ipaddress_macaddress"
    case userAccount = "user_account"
    case assetAccount = "asset_account"
    case accountHostname = "account_hostname"
    case assetVulnerability = "asset_vulnerability"
    case applicationVulnerability = "application_vulnerability"

    /// Not of the name, for the same reason.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(index)
    }

    /// The place of the kind among all, the order in which a document lists its edges.
    public var index: UInt8 {
        switch self {
        case .assetHostname: 0
        case .assetApplication: 1
        case .assetIPAddress: 2
        case .assetMACAddress: 3
        case .ipAddressMACAddress: 4
        case .userAccount: 5
        case .assetAccount: 6
        case .accountHostname: 7
        case .assetVulnerability: 8
        case .applicationVulnerability: 9
        }
    }

    /// The collections that the edge joins.
    public var ends: (from: VertexCollection, to: VertexCollection) {
        switch self {
        case .assetHostname: (.asset, .hostname)
        case .assetApplication: (.asset, .application)
        case .assetIPAddress: (.asset, .ipaddress)
        case .assetMACAddress: (.asset, .macaddress)
        case .ipAddressMACAddress: (.ipaddress, .macaddress)
        case .userAccount: (.user, .account)
        case .assetAccount: (.asset, .account)
        case .accountHostname: (.account, .hostname)
        case .assetVulnerability: (.asset, .vulnerability)
        case .applicationVulnerability: (.application, .vulnerability)
        }
    }
}
