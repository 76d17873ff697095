/// A machine as Defender's machine list shows it, and what belongs to it.
public struct EstateMachine: Sendable, Equatable {
    /// Position at generation: seeds what is derived (users, adapters, vulnerabilities). Unique in an estate.
    public let index: Int
    /// 40 hex digits, except for the one machine that breaks the rule.
    public var id: String
    /// `nil` is written as null, or left out where `omitsName` is set.
    public var computerDnsName: String?
    public var omitsName = false
    public var firstSeen: EstateTime
    public var lastSeen: EstateTime
    public var osPlatform: String?
    /// The feature release, such as `23H2`.
    public var version: String?
    public var osBuild: Int?
    public var lastIpAddress: String?
    public var lastExternalIpAddress: String?
    public var healthStatus = "Active"
    public var onboardingStatus = "Onboarded"
    public var riskScore: String? = "None"
    public var exposureLevel: String? = "Low"
    public var deviceValue: String? = "Normal"
    public var rbacGroupId = 0
    public var machineTags: [String] = []
    /// Adds members that no documentation names.
    public var hasUnknownFields = false

    /// Set: these users; `nil`: derived from the seed.
    public var users: [LogonUser]?
    /// Set: these DeviceNetworkInfo rows; `nil`: derived from the seed and the addresses.
    public var networkRows: [NetworkRow]?
    /// Set: these rows instead of the derived ones.
    public var software: [SoftwareRow]?
    /// The MAC of the adapter in derived network rows, as the table spells it.
    public var macAddress: String?

    public init(
        index: Int, id: String, computerDnsName: String?, firstSeen: EstateTime, lastSeen: EstateTime,
        osPlatform: String? = "Windows11", version: String? = "23H2", lastIpAddress: String? = nil,
        lastExternalIpAddress: String? = nil
    ) {
        self.index = index
        self.id = id
        self.computerDnsName = computerDnsName
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.osPlatform = osPlatform
        self.version = version
        self.lastIpAddress = lastIpAddress
        self.lastExternalIpAddress = lastExternalIpAddress
    }
}

/// A user of `GET /api/machines/{id}/logonusers`.
public struct LogonUser: Sendable, Equatable {
    /// `domain\\user`.
    public var id: String
    public var accountName: String?
    public var accountDomain: String?
    /// Leaves both account members out, as older answers do.
    public var omitsAccount: Bool
    public var isDomainAdmin: Bool

    public init(
        id: String, accountName: String?, accountDomain: String?, omitsAccount: Bool = false,
        isDomainAdmin: Bool = false
    ) {
        self.id = id
        self.accountName = accountName
        self.accountDomain = accountDomain
        self.omitsAccount = omitsAccount
        self.isDomainAdmin = isDomainAdmin
    }

    /// A user whose id is made of both names.
    public init(domain: String, name: String) {
        self.init(id: "\(domain)\\\(name)", accountName: name, accountDomain: domain)
    }
}

/// A row of DeviceNetworkInfo: one adapter at one time.
public struct NetworkRow: Sendable, Equatable {
    public var timestamp: EstateTime
    public var adapter: String
    public var macAddress: String?
    /// The cell's text: a JSON array of `{IPAddress, SubnetPrefix, AddressType}`, or whatever a test puts there.
    public var ipAddresses: String?

    public init(timestamp: EstateTime, adapter: String = "Ethernet", macAddress: String?, ipAddresses: String?) {
        self.timestamp = timestamp
        self.adapter = adapter
        self.macAddress = macAddress
        self.ipAddresses = ipAddresses
    }

    public init(
        timestamp: EstateTime, adapter: String = "Ethernet", macAddress: String?,
        addresses: [(address: String, prefix: Int, type: String)]
    ) {
        var writer = JSONWriter()
        writer.array { writer in
            for entry in addresses {
                writer.object { writer in
                    writer.member("IPAddress", entry.address)
                    writer.member("SubnetPrefix", entry.prefix)
                    writer.member("AddressType", entry.type)
                }
            }
        }
        self.init(
            timestamp: timestamp, adapter: adapter, macAddress: macAddress,
            ipAddresses: String(decoding: writer.bytes, as: UTF8.self))
    }
}

/// A row of DeviceTvmSoftwareVulnerabilities, without what repeats the machine.
public struct SoftwareRow: Sendable, Hashable {
    public var vendor: String?
    public var name: String?
    public var version: String?
    public var cveId: String?

    public init(vendor: String?, name: String?, version: String?, cveId: String?) {
        self.vendor = vendor
        self.name = name
        self.version = version
        self.cveId = cveId
    }
}
