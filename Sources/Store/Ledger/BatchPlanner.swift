import ConnectorCore
import GRDB

/// Compares a batch with the ledger, inside one transaction: writes the new documents as not yet confirmed, and collects
/// what CAR has to be told.
///
/// From here until the confirmation the ledger holds what CAR *may* hold. If the process dies in between, the batch is
/// planned again: everything of an unconfirmed document is sent once more, and what it named but the newer one does not
/// is disabled.
struct BatchPlanner {
    let db: Database
    let generation: Int64
    private let vertexRows: VertexRows
    private let sharedEdgeRows: SharedEdgeRows
    /// Plans that CAR has not confirmed.
    private let openPlans: Set<Int64>
    private var plan: BatchPlan
    private var keys: [VertexID: String] = [:]
    private var ids: [VertexKey: VertexID] = [:]
    /// Vertices that CAR may lack in their present form and that another batch may be sending.
    private var unconfirmed: [VertexID: Vertex] = [:]
    private var goneExist = true
    /// Changes of the counts behind shared edges, of the whole batch.
    private var countChanges: [SharedEdge: Int] = [:]
    /// Further shared edges that have to be in CAR when the batch is confirmed.
    private var sharedWanted: Set<SharedEdge> = []
    private(set) var newMachines = 0
    /// Vertices found in the table that CAR has confirmed as they stand there.
    private(set) var confirmed: [VertexKey: ClaimedVertex] = [:]

    init(db: Database, generation: Int64) throws {
        self.db = db
        self.generation = generation
        vertexRows = try VertexRows(generation: generation, in: db)
        sharedEdgeRows = try SharedEdgeRows(generation: generation, in: db)
        openPlans = try LedgerRows.openPlans(in: db)
        plan = BatchPlan(token: try LedgerRows.openPlan(generation: generation, in: db))
    }

    mutating func run(
        _ subgraphs: [MachineSubgraph], shared: [VertexKey: Vertex], known: [VertexKey: ClaimedVertex],
        claim: ([VertexID]) -> Set<VertexID>
    ) throws -> BatchPlan {
        try resolve(shared, known: known)
        goneExist =
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM gone_edge WHERE generation = ?)", arguments: [generation])
            ?? true
        for subgraph in subgraphs { try add(subgraph) }
        try settleSharedEdges()
        try sendVertices(claimed: claim(Array(unconfirmed.keys) + plan.claimed.values.map(\.id)))
        return plan
    }

    // MARK: Vertices

    private mutating func resolve(_ shared: [VertexKey: Vertex], known: [VertexKey: ClaimedVertex]) throws {
        ids.reserveCapacity(shared.count)
        keys.reserveCapacity(shared.count)
        for (key, vertex) in shared {
            let id: VertexID
            if let entry = known[key] {
                id = entry.id
                // What was not read is in CAR, or another batch sends it.
                if !vertex.isPartial, entry.fingerprint != vertex.fingerprint { unconfirmed[id] = vertex }
            } else if let row = try vertexRows.find(key) {
                id = row.id
                if let entry = row.confirmed(openPlans) { confirmed[key] = entry }
                if !vertex.isPartial, confirmed[key]?.fingerprint != vertex.fingerprint { unconfirmed[id] = vertex }
            } else {
                id = try vertexRows.add(key, sending: vertex.isPartial ? nil : vertex, plan: plan.token)
                // Nobody else can know it yet.
                if !vertex.isPartial { send(vertex, as: id, isNew: true) }
            }
            ids[key] = id
            keys[id] = key.key
        }
    }

    private mutating func send(_ vertex: Vertex, as id: VertexID, isNew: Bool) {
        plan.claimed[vertex.id] = ClaimedVertex(
            id: id, fingerprint: vertex.fingerprint, brief: vertex.storedBrief)
        plan.vertices.append(vertex)
        let isAccount = vertex.id.collection == .account
        if isAccount { plan.vertices.append(Vertex(.user, vertex.id.key)) }
        guard isNew else { return }
        plan.created[vertex.id.collection.rawValue, default: 0] += 1
        if isAccount { plan.created[VertexCollection.user.rawValue, default: 0] += 1 }
    }

    private mutating func sendVertices(claimed: Set<VertexID>) throws {
        for (id, vertex) in unconfirmed {
            guard claimed.contains(id) else {
                plan.awaited.insert(id)
                continue
            }
            try vertexRows.send(vertex, as: id, plan: plan.token)
            send(vertex, as: id, isNew: false)
        }
    }

    // MARK: Machines

    private mutating func add(_ subgraph: MachineSubgraph) throws {
        let stored = try LedgerRows.machine(subgraph.machine, generation: generation, in: db)
        let document = document(of: subgraph, keeping: stored?.document)
        let isExamined = subgraph.findings != nil || stored?.isExamined == true
        if stored == nil { newMachines += 1 }
        let isConfirmed = stored.map { !openPlans.contains($0.plan) } ?? false
        if let stored, isConfirmed, stored.document == document {
            // Nothing to tell CAR, but vertices of it may be on their way with other fields.
            if stored.lastSeen != subgraph.lastSeen || stored.isExamined != isExamined {
                try LedgerRows.touch(
                    subgraph.machine, examined: isExamined, lastSeen: subgraph.lastSeen, generation: generation, in: db)
            }
            return
        }
        if let stored, !isConfirmed { try resendKept(of: stored.document, for: subgraph) }
        let delta = DocumentDelta(from: stored?.document, to: document)
        if !isConfirmed || stored?.document.assetFingerprint != document.assetFingerprint {
            plan.vertices.append(subgraph.asset)
            if stored == nil { plan.created[VertexCollection.asset.rawValue, default: 0] += 1 }
        }
        for edge in isConfirmed ? delta.ownAdded : document.ownEdges {
            let edge = Edge(edge.kind, from: subgraph.machine.text, to: try key(of: edge.to))
            plan.edges.append(edge)
            if goneExist { try LedgerRows.removeGone(edge, generation: generation, in: db) }
        }
        for edge in delta.ownAdded { plan.created[edge.kind.rawValue, default: 0] += 1 }
        for edge in delta.ownRemoved {
            try LedgerRows.addGone(
                Edge(edge.kind, from: subgraph.machine.text, to: try key(of: edge.to)), generation: generation, in: db)
        }
        for edge in delta.sharedAdded { countChanges[edge, default: 0] += 1 }
        for edge in delta.sharedRemoved { countChanges[edge, default: 0] -= 1 }
        // What is added is told by its count.
        if stored != nil, !isConfirmed { sharedWanted.formUnion(document.sharedEdges) }
        try LedgerRows.write(
            LedgerRows.Machine(
                document: document, plan: plan.token, isExamined: isExamined, lastSeen: subgraph.lastSeen),
            of: subgraph.machine, generation: generation, in: db)
    }

    /// A plan that was never confirmed may have named vertices that CAR never got. Where they can't be read again they are
    /// sent by what the ledger knows of them; a later reading completes them.
    private mutating func resendKept(of stored: MachineDocument, for subgraph: MachineSubgraph) throws {
        var kept = subgraph.accounts == nil ? stored.accounts : []
        if subgraph.findings == nil {
            for finding in stored.findings { kept += [finding.software, finding.cve].compactMap(\.self) }
        }
        for id in Set(kept) where unconfirmed[id] == nil {
            guard let vertex = try LedgerRows.unconfirmedVertex(id, in: db) else { continue }
            keys[id] = vertex.id.key
            unconfirmed[id] = vertex
        }
    }

    private func document(of subgraph: MachineSubgraph, keeping stored: MachineDocument?) -> MachineDocument {
        func id(_ collection: VertexCollection, _ key: String?) -> VertexID? {
            key.flatMap { ids[VertexKey(collection, $0)] }
        }
        return MachineDocument(
            assetFingerprint: subgraph.asset.fingerprint,
            hostname: id(.hostname, subgraph.hostname),
            operatingSystem: id(.application, subgraph.operatingSystem),
            macAddress: id(.macaddress, subgraph.macAddress),
            addresses: subgraph.addresses.compactMap { id(.ipaddress, $0) },
            adapterAddresses: subgraph.adapterAddresses.compactMap { id(.ipaddress, $0) },
            accounts: subgraph.accounts?.compactMap { id(.account, $0) } ?? stored?.accounts ?? [],
            findings: subgraph.findings?.map {
                MachineDocument.Finding(software: id(.application, $0.software), cve: id(.vulnerability, $0.cve))
            } ?? stored?.findings ?? [])
    }

    // MARK: Shared edges

    private mutating func settleSharedEdges() throws {
        // In the order of the table: neighbours are on one page.
        for (edge, change) in countChanges.sorted(by: { $0.key < $1.key }) {
            if change > 0 {
                try count(edge, machines: change)
            } else if change < 0, try sharedEdgeRows.take(-change, from: edge) {
                sharedWanted.remove(edge)
                try LedgerRows.addGone(symbolic(edge), generation: generation, in: db)
            } else {
                sharedWanted.insert(edge)
            }
        }
        for edge in sharedWanted where try mayLack(edge) { try resend(edge) }
    }

    private mutating func count(_ edge: SharedEdge, machines: Int) throws {
        sharedWanted.remove(edge)
        let sent = try sharedEdgeRows.add(machines, to: edge, newPlan: plan.token)
        if sent == plan.token {
            plan.created[edge.kind.rawValue, default: 0] += 1
            try send(edge)
        } else if openPlans.contains(sent) {
            try resend(edge)
        }
    }

    /// Whether CAR may lack an edge that is known.
    private func mayLack(_ edge: SharedEdge) throws -> Bool {
        guard let sent = try sharedEdgeRows.lastPlan(of: edge) else { return true }
        return openPlans.contains(sent)
    }

    private mutating func resend(_ edge: SharedEdge) throws {
        try sharedEdgeRows.send(edge, under: plan.token)
        try send(edge)
    }

    private mutating func send(_ edge: SharedEdge) throws {
        let symbolic = try symbolic(edge)
        plan.edges.append(symbolic)
        if goneExist { try LedgerRows.removeGone(symbolic, generation: generation, in: db) }
    }

    private mutating func symbolic(_ edge: SharedEdge) throws -> Edge {
        Edge(edge.kind, from: try key(of: edge.from), to: try key(of: edge.to))
    }

    /// The key of a vertex, also of one that only the stored document names.
    private mutating func key(of id: VertexID) throws -> String {
        if let key = keys[id] { return key }
        let key = try LedgerRows.key(of: id, in: db)
        keys[id] = key
        return key
    }
}
