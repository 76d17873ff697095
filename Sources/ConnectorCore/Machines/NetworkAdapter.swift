/// An adapter's addresses at a moment: a `DeviceNetworkInfo` row, or what the machine list says. Newest first.
public struct NetworkAdapter: Sendable, Equatable, Codable {
    public struct Address: Sendable, Equatable, Codable {
        public var address: String
        public var subnetPrefix: Int?
        /// `Private`, `Public`, ...: an open set.
        public var type: String?

        public init(address: String, subnetPrefix: Int? = nil, type: String? = nil) {
            self.address = address
            self.subnetPrefix = subnetPrefix
            self.type = type
        }
    }

    public var deviceID: MachineID
    public var addresses: [Address]
    /// As Defender writes it: with or without separators, any case.
    public var macAddress: String?

    public init(deviceID: MachineID, addresses: [Address], macAddress: String? = nil) {
        self.deviceID = deviceID
        self.addresses = addresses
        self.macAddress = macAddress
    }
}
