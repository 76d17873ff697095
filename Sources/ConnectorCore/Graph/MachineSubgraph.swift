/// Everything Defender told of one machine, as far as it was read.
public struct MachineFacts: Sendable {
    public var machine: Machine
    /// `nil` where they could not be read: what CAR has stays.
    public var users: [LogonUser]?
    /// Newest first.
    public var adapters: [NetworkAdapter]
    /// `nil` where they were not asked for: what CAR has stays.
    public var findings: [Finding]?

    public init(
        machine: Machine, users: [LogonUser]? = nil, adapters: [NetworkAdapter] = [], findings: [Finding]? = nil
    ) {
        self.machine = machine
        self.users = users
        self.adapters = adapters
        self.findings = findings
    }
}

/// The part of the graph that one machine implies, by keys: made by `GraphMapper`, joined with others to a
/// `BatchGraph`, compared with the ledger as a `MachineDocument`.
public struct MachineSubgraph: Sendable, Equatable {
    public var machine: MachineID
    public var asset: Vertex
    public var hostname: String?
    public var operatingSystem: String?
    /// Every address of the machine, each once.
    public var addresses: [String]
    /// Those of `addresses` that belong to the adapter with `macAddress`.
    public var adapterAddresses: [String]
    public var macAddress: String?
    /// Each once; `nil` where unknown.
    public var accounts: [String]?
    /// As read, so one may repeat; `nil` where unknown.
    public var findings: [Finding]?
    /// Kept for the ledger: which machines may have become due for deletion.
    public var lastSeen: Timestamp?

    public init(machine: MachineID, asset: Vertex) {
        self.machine = machine
        self.asset = asset
        addresses = []
        adapterAddresses = []
    }
}
