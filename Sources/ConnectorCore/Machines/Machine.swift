/// A machine as `GET /api/machines` reports it, reduced to what the graph needs.
///
/// Every field but the id may be missing; an empty string upstream is kept as `nil`.
/// - SeeAlso: Microsoft's `machine` resource type.
public struct Machine: Sendable, Equatable, Codable {
    public var id: MachineID
    public var computerDnsName: String?
    public var osPlatform: String?
    /// The feature release, such as `23H2`.
    public var version: String?
    public var lastIpAddress: String?
    public var lastExternalIpAddress: String?
    /// `Active`, `Inactive`, `ImpairedCommunication`, ...: an open set.
    public var healthStatus: String?
    public var lastSeen: Timestamp?
    /// From the machine's own `ipAddresses`; `nil` where they were not read.
    public var adapters: [NetworkAdapter]?

    public init(
        id: MachineID, computerDnsName: String? = nil, osPlatform: String? = nil, version: String? = nil,
        lastIpAddress: String? = nil, lastExternalIpAddress: String? = nil, healthStatus: String? = nil,
        lastSeen: Timestamp? = nil, adapters: [NetworkAdapter]? = nil
    ) {
        self.id = id
        self.computerDnsName = computerDnsName
        self.osPlatform = osPlatform
        self.version = version
        self.lastIpAddress = lastIpAddress
        self.lastExternalIpAddress = lastExternalIpAddress
        self.healthStatus = healthStatus
        self.lastSeen = lastSeen
        self.adapters = adapters
    }

    /// No signal for more than seven days, by Defender's own judgement.
    public var isInactive: Bool { healthStatus?.lowercased() == "inactive" }

    /// Whether the machine counts as deleted: Inactive, and last seen at or before `cutoff`.
    public func countsAsDeleted(lastSeenUntil cutoff: Timestamp) -> Bool {
        guard isInactive, let lastSeen else { return false }
        return lastSeen <= cutoff
    }
}
