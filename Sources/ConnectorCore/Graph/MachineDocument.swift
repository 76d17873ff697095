/// A vertex in the ledger's dictionary. An account and the user of the same name share one id: they come and go
/// together.
public struct VertexID: Hashable, Sendable, Comparable {
    public var number: Int64

    public init(_ number: Int64) {
        self.number = number
    }

    public static func < (a: VertexID, b: VertexID) -> Bool { a.number < b.number }
}

/// What one machine implies in the graph, by ids: the form in which the ledger keeps it and in which two states of a
/// machine are compared. Every list is sorted and holds each id once.
public struct MachineDocument: Sendable, Equatable {
    public struct Finding: Hashable, Sendable, Comparable {
        /// `nil` sorts first.
        public var software: VertexID?
        public var cve: VertexID?

        public init(software: VertexID?, cve: VertexID?) {
            self.software = software
            self.cve = cve
        }

        public static func < (a: Finding, b: Finding) -> Bool {
            (a.software?.number ?? 0, a.cve?.number ?? 0) < (b.software?.number ?? 0, b.cve?.number ?? 0)
        }
    }

    /// Of the asset vertex, which belongs to this machine alone.
    public var assetFingerprint: Int64
    public var hostname: VertexID?
    public var operatingSystem: VertexID?
    public var macAddress: VertexID?
    public var addresses: [VertexID]
    public var adapterAddresses: [VertexID]
    public var accounts: [VertexID]
    public var findings: [Finding]

    public init(
        assetFingerprint: Int64, hostname: VertexID? = nil, operatingSystem: VertexID? = nil,
        macAddress: VertexID? = nil, addresses: [VertexID] = [], adapterAddresses: [VertexID] = [],
        accounts: [VertexID] = [], findings: [Finding] = []
    ) {
        self.assetFingerprint = assetFingerprint
        self.hostname = hostname
        self.operatingSystem = operatingSystem
        self.macAddress = macAddress
        self.addresses = addresses.sorted()
        self.adapterAddresses = adapterAddresses.sorted()
        self.accounts = accounts.sorted()
        self.findings = findings.sorted()
    }

    /// The edges that start at the machine.
    public var ownEdges: Set<OwnEdge> {
        var edges = Set<OwnEdge>(minimumCapacity: 4 + addresses.count + accounts.count + findings.count * 2)
        if let hostname { edges.insert(OwnEdge(.assetHostname, to: hostname)) }
        if let operatingSystem { edges.insert(OwnEdge(.assetApplication, to: operatingSystem)) }
        if let macAddress { edges.insert(OwnEdge(.assetMACAddress, to: macAddress)) }
        for address in addresses { edges.insert(OwnEdge(.assetIPAddress, to: address)) }
        for account in accounts { edges.insert(OwnEdge(.assetAccount, to: account)) }
        for finding in findings {
            if let software = finding.software { edges.insert(OwnEdge(.assetApplication, to: software)) }
            if let cve = finding.cve { edges.insert(OwnEdge(.assetVulnerability, to: cve)) }
        }
        return edges
    }

    /// The edges that other machines may imply too.
    public var sharedEdges: Set<SharedEdge> {
        var edges = Set<SharedEdge>(minimumCapacity: accounts.count * 2 + adapterAddresses.count + findings.count)
        for account in accounts {
            edges.insert(SharedEdge(.userAccount, from: account, to: account))
            if let hostname { edges.insert(SharedEdge(.accountHostname, from: account, to: hostname)) }
        }
        if let macAddress {
            for address in adapterAddresses {
                edges.insert(SharedEdge(.ipAddressMACAddress, from: address, to: macAddress))
            }
        }
        for finding in findings {
            guard let software = finding.software, let cve = finding.cve else { continue }
            edges.insert(SharedEdge(.applicationVulnerability, from: software, to: cve))
        }
        return edges
    }
}

/// An edge from the machine whose document it belongs to.
public struct OwnEdge: Hashable, Sendable {
    public var kind: EdgeKind
    public var to: VertexID

    public init(_ kind: EdgeKind, to: VertexID) {
        self.kind = kind
        self.to = to
    }
}

/// An edge that several machines can imply.
public struct SharedEdge: Hashable, Sendable {
    public var kind: EdgeKind
    public var from: VertexID
    public var to: VertexID

    public init(_ kind: EdgeKind, from: VertexID, to: VertexID) {
        self.kind = kind
        self.from = from
        self.to = to
    }
}

/// What has to change where CAR may hold `old` and shall hold `new`.
public struct DocumentDelta: Sendable, Equatable {
    public var ownAdded: Set<OwnEdge>
    public var ownRemoved: Set<OwnEdge>
    public var sharedAdded: Set<SharedEdge>
    public var sharedRemoved: Set<SharedEdge>

    public init(from old: MachineDocument?, to new: MachineDocument?) {
        let (oldOwn, newOwn) = (old?.ownEdges ?? [], new?.ownEdges ?? [])
        let (oldShared, newShared) = (old?.sharedEdges ?? [], new?.sharedEdges ?? [])
        ownAdded = newOwn.subtracting(oldOwn)
        ownRemoved = oldOwn.subtracting(newOwn)
        sharedAdded = newShared.subtracting(oldShared)
        sharedRemoved = oldShared.subtracting(newShared)
    }
}
