/// What the machines of a batch imply together: every vertex that several of them can share is there once, and machines
/// name it by its position. So a text that repeats on thousands of findings is hashed once for each of them and then only
/// numbers are compared.
public struct BatchGraph: Sendable {
    /// A position in `vertices`.
    public typealias Position = Int32

    public struct Finding: Sendable, Hashable, Comparable {
        public var software: Position?
        public var cve: Position?

        public static func < (a: Finding, b: Finding) -> Bool {
            (a.software ?? -1, a.cve ?? -1) < (b.software ?? -1, b.cve ?? -1)
        }
    }

    /// As in `MachineSubgraph`.
    public struct Machine: Sendable {
        public var id: MachineID
        public var asset: Vertex
        public var lastSeen: Timestamp?
        public var hostname: Position?
        public var operatingSystem: Position?
        public var macAddress: Position?
        public var addresses: [Position] = []
        public var adapterAddresses: [Position] = []
        public var accounts: [Position]?
        /// Sorted, each once.
        public var findings: [Finding]?
        /// Whether `findings` were read now.
        public var isExamined = false
    }

    public private(set) var machines: [Machine] = []
    /// Everything but assets, and users, which go with the accounts of the same name.
    public private(set) var vertices: [Vertex] = []
    /// CVEs of which only the id is known, from before: nobody else sends the rest of them.
    public private(set) var named: Set<Position> = []
    public var findingCount: Int { machines.reduce(0) { $0 + ($1.findings?.count ?? 0) } }
    /// Machines of which something was not read.
    public var incompleteMachines: [MachineID] {
        machines.filter { $0.accounts == nil || $0.findings == nil }.map(\.id)
    }
    /// By collection.
    private var positions = Self.noPositions

    private static let noPositions = [[ExactText: Position]](repeating: [:], count: VertexCollection.allCases.count)

    /// - Parameter cve: the vertex of a CVE that the findings name.
    public init(_ subgraphs: [MachineSubgraph], cve: (String) -> Vertex) {
        machines.reserveCapacity(subgraphs.count)
        for subgraph in subgraphs { add(subgraph, cve: cve) }
        positions = []
    }

    /// No machines, only vertices, each once.
    init(vertices: [Vertex]) {
        self.vertices = vertices
    }

    private mutating func add(_ subgraph: MachineSubgraph, cve: (String) -> Vertex) {
        var machine = Machine(id: subgraph.machine, asset: subgraph.asset, lastSeen: subgraph.lastSeen)
        machine.hostname = subgraph.hostname.map { position(.hostname, $0, GraphMapper.hostname) }
        machine.operatingSystem = subgraph.operatingSystem.map {
            position(.application, $0, GraphMapper.operatingSystem)
        }
        machine.macAddress = subgraph.macAddress.map { position(.macaddress, $0) { Vertex(.macaddress, $0) } }
        machine.addresses = subgraph.addresses.map { address($0) }
        machine.adapterAddresses = subgraph.adapterAddresses.map { address($0) }
        machine.accounts = subgraph.accounts.map { accounts($0) }
        machine.findings = subgraph.findings.map { findings($0, cve: cve) }
        machine.isExamined = subgraph.findings != nil
        machines.append(machine)
    }

    /// Gives machines what was not read of them, as it was known before.
    public mutating func complete(with known: [MachineID: KnownFacts]) {
        positions = Self.noPositions
        for (position, vertex) in vertices.enumerated() {
            positions[Int(vertex.id.collection.index)][ExactText(vertex.id.key)] = Position(position)
        }
        let readCount = vertices.count
        for index in machines.indices {
            guard let facts = known[machines[index].id] else { continue }
            if machines[index].accounts == nil { machines[index].accounts = accounts(facts.accounts) }
            if machines[index].findings == nil {
                machines[index].findings = findings(facts.findings, cve: GraphMapper.namedCVE)
            }
        }
        let added = readCount..<vertices.count
        named.formUnion(added.lazy.filter { [vertices] in vertices[$0].isPartial }.map { Position($0) })
        positions = []
    }

    private mutating func accounts(_ names: [String]) -> [Position] {
        names.map { position(.account, $0) { Vertex(.account, $0) } }
    }

    private mutating func findings(_ findings: [ConnectorCore.Finding], cve: (String) -> Vertex) -> [Finding] {
        findings.map { finding in
            Finding(
                software: finding.software.map { position(.application, $0) { Vertex(.application, $0) } },
                cve: finding.cve.map { position(.vulnerability, $0, cve) })
        }.sortedUnique()
    }

    private mutating func address(_ key: String) -> Position {
        position(.ipaddress, key) { Vertex(.ipaddress, $0) }
    }

    private mutating func position(
        _ collection: VertexCollection, _ key: String, _ vertex: (String) -> Vertex
    ) -> Position {
        let next = Position(vertices.count)
        let exact = ExactText(key)
        let position = positions[Int(collection.index)][exact, default: next]
        if position == next {
            positions[Int(collection.index)][exact] = next
            vertices.append(vertex(key))
        }
        return position
    }
}
