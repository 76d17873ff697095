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

    /// The edges that start at the machine: sorted, each once.
    public var ownEdges: [OwnEdge] {
        var edges: [OwnEdge] = []
        edges.reserveCapacity(4 + addresses.count + accounts.count + findings.count * 2)
        if let hostname { edges.append(OwnEdge(.assetHostname, to: hostname)) }
        if let operatingSystem { edges.append(OwnEdge(.assetApplication, to: operatingSystem)) }
        if let macAddress { edges.append(OwnEdge(.assetMACAddress, to: macAddress)) }
        for address in addresses { edges.append(OwnEdge(.assetIPAddress, to: address)) }
        for account in accounts { edges.append(OwnEdge(.assetAccount, to: account)) }
        var previous: VertexID?
        for finding in findings {
            if let software = finding.software, software != previous {
                edges.append(OwnEdge(.assetApplication, to: software))
                previous = software
            }
            if let cve = finding.cve { edges.append(OwnEdge(.assetVulnerability, to: cve)) }
        }
        return edges.sortedUnique()
    }

    /// The edges that other machines may imply too: sorted, each once.
    public var sharedEdges: [SharedEdge] {
        var edges: [SharedEdge] = []
        edges.reserveCapacity(accounts.count * 2 + adapterAddresses.count + findings.count)
        for account in accounts {
            edges.append(SharedEdge(.userAccount, from: account, to: account))
            if let hostname { edges.append(SharedEdge(.accountHostname, from: account, to: hostname)) }
        }
        if let macAddress {
            for address in adapterAddresses {
                edges.append(SharedEdge(.ipAddressMACAddress, from: address, to: macAddress))
            }
        }
        for finding in findings {
            guard let software = finding.software, let cve = finding.cve else { continue }
            edges.append(SharedEdge(.applicationVulnerability, from: software, to: cve))
        }
        return edges.sortedUnique()
    }
}

/// An edge from the machine whose document it belongs to.
public struct OwnEdge: Hashable, Sendable, Comparable {
    public var kind: EdgeKind
    public var to: VertexID

    public init(_ kind: EdgeKind, to: VertexID) {
        self.kind = kind
        self.to = to
    }

    public static func < (a: OwnEdge, b: OwnEdge) -> Bool {
        (a.kind.index, a.to.number) < (b.kind.index, b.to.number)
    }
}

/// An edge that several machines can imply.
public struct SharedEdge: Hashable, Sendable, Comparable {
    public var kind: EdgeKind
    public var from: VertexID
    public var to: VertexID

    public init(_ kind: EdgeKind, from: VertexID, to: VertexID) {
        self.kind = kind
        self.from = from
        self.to = to
    }

    /// The kind follows from the ends.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(from)
        hasher.combine(to)
    }

    public static func < (a: SharedEdge, b: SharedEdge) -> Bool {
        (a.kind.index, a.from.number, a.to.number) < (b.kind.index, b.from.number, b.to.number)
    }
}

/// What has to change where CAR may hold `old` and shall hold `new`. Every list is sorted and holds each edge once.
public struct DocumentDelta: Sendable, Equatable {
    public var ownAdded: [OwnEdge]
    public var ownRemoved: [OwnEdge]
    public var sharedAdded: [SharedEdge]
    public var sharedRemoved: [SharedEdge]

    public init(from old: MachineDocument?, to new: MachineDocument?) {
        (ownRemoved, ownAdded) = Self.difference(old?.ownEdges ?? [], new?.ownEdges ?? [])
        (sharedRemoved, sharedAdded) = Self.difference(old?.sharedEdges ?? [], new?.sharedEdges ?? [])
    }

    /// What only `old` and what only `new` has, of two sorted lists.
    private static func difference<Edge: Comparable>(_ old: [Edge], _ new: [Edge]) -> (removed: [Edge], added: [Edge]) {
        if old.isEmpty || new.isEmpty { return (old, new) }
        var (removed, added): ([Edge], [Edge]) = ([], [])
        var (i, j) = (0, 0)
        while i < old.count, j < new.count {
            if old[i] == new[j] {
                i += 1
                j += 1
            } else if old[i] < new[j] {
                removed.append(old[i])
                i += 1
            } else {
                added.append(new[j])
                j += 1
            }
        }
        return (removed + old[i...], added + new[j...])
    }
}

extension Array where Element: Comparable {
    /// The elements sorted, each once.
    func sortedUnique() -> [Element] {
        var sorted = self
        sorted.sort()
        var count = 0
        for index in sorted.indices where count == 0 || sorted[count - 1] != sorted[index] {
            sorted[count] = sorted[index]
            count += 1
        }
        sorted.removeLast(sorted.count - count)
        return sorted
    }
}
