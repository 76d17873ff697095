/// One `DeviceNetworkInfo` row: an adapter's addresses at a moment. Rows of a machine come newest first.
public struct NetworkAdapter: Sendable, Equatable {
    public struct Address: Sendable, Equatable {
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
