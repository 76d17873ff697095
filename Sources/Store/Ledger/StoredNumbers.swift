import ConnectorCore

// The numbers under which names are stored. Databases in the field hold them: append only.

extension VertexCollection {
    var storedNumber: Int64 {
        switch self {
        case .asset: 1
        case .hostname: 2
        case .application: 3
        case .ipaddress: 4
        case .macaddress: 5
        case .user: 6
        case .account: 7
        case .vulnerability: 8
        }
    }

    init?(storedNumber: Int64) {
        guard let collection = VertexCollection.allCases.first(where: { $0.storedNumber == storedNumber }) else {
            return nil
        }
        self = collection
    }
}

extension EdgeKind {
    var storedNumber: Int64 {
        switch self {
        case .assetHostname: 1
        case .assetApplication: 2
        case .assetIPAddress: 3
        case .assetMACAddress: 4
        case .ipAddressMACAddress: 5
        case .userAccount: 6
        case .assetAccount: 7
        case .accountHostname: 8
        case .assetVulnerability: 9
        case .applicationVulnerability: 10
        }
    }

    init?(storedNumber: Int64) {
        guard let kind = EdgeKind.allCases.first(where: { $0.storedNumber == storedNumber }) else { return nil }
        self = kind
    }
}
