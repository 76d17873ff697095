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
    private let machineRows: MachineRows
    /// Plans that CAR has not confirmed.
    private let openPlans: Set<Int64>
    private var plan: BatchPlan
    private var keys: [VertexID: String] = [:]
    /// By position in the batch.
    private var ids: [VertexID] = []
    /// Vertices that CAR may lack in their present form and that another batch may be sending.
    private var unconfirmed: [VertexID: Vertex] = [:]
    /// Of these, the ones that no batch has sent yet: only their keys are known.
    private var neverSent: Set<VertexID> = []
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
        machineRows = try MachineRows(generation: generation, in: db)
        openPlans = try LedgerRows.openPlans(in: db)
        plan = BatchPlan(token: try LedgerRows.openPlan(generation: generation, in: db))
    }

    /// - Parameter known: what is known to be confirmed of each vertex of the batch, by position.
    mutating func run(
        _ batch: BatchGraph, known: [ClaimedVertex?], claim: ([VertexID]) -> Set<VertexID>
    ) throws -> BatchPlan {
        try resolve(batch, known: known)
        let select = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM gone_edge WHERE generation = ?)")
        goneExist = try Bool.fetchOne(select, arguments: [generation]) ?? true
        for machine in batch.machines { try add(machine) }
        try settleSharedEdges()
        try sendVertices(claimed: claim(Array(unconfirmed.keys) + plan.claimed.values.map(\.id)))
        return plan
    }

    // MARK: Vertices

    private mutating func resolve(_ batch: BatchGraph, known: [ClaimedVertex?]) throws {
        ids.reserveCapacity(batch.vertices.count)
        keys.reserveCapacity(batch.vertices.count)
        for (vertex, entry) in zip(batch.vertices, known) {
            let key = vertex.id
            let id: VertexID
            // What was not read is in CAR, or another batch sends it: not so where nobody reads it.
            let isNamed = vertex.isPartial && batch.named.contains(BatchGraph.Position(ids.count))
            if let entry {
                id = entry.id
                if !vertex.isPartial, entry.fingerprint != vertex.fingerprint { unconfirmed[id] = vertex }
            } else if let row = try vertexRows.find(key) {
                id = row.id
                if row.fingerprint == nil { neverSent.insert(id) }
                if let entry = row.confirmed(openPlans) { confirmed[key] = entry }
                if isNamed {
                    if confirmed[key] == nil { unconfirmed[id] = vertex }
                } else if !vertex.isPartial, confirmed[key]?.fingerprint != vertex.fingerprint {
                    unconfirmed[id] = vertex
                }
            } else {
                let isSent = isNamed || !vertex.isPartial
                id = try vertexRows.add(key, sending: isSent ? vertex : nil, plan: plan.token)
                // Nobody else can know it yet.
                if isSent { send(vertex, as: id, isNew: true) }
            }
            ids.append(id)
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
        plan.created[vertex.id.collection] += 1
        if isAccount { plan.created[.user] += 1 }
    }

    private mutating func sendVertices(claimed: Set<VertexID>) throws {
        for (id, vertex) in unconfirmed {
            guard claimed.contains(id) else {
                plan.awaited.insert(id)
                continue
            }
            try vertexRows.send(vertex, as: id, plan: plan.token)
            send(vertex, as: id, isNew: neverSent.contains(id))
        }
    }

    // MARK: Machines

    private mutating func add(_ machine: BatchGraph.Machine) throws {
        let stored = try machineRows.find(machine.id)
        let document = document(of: machine, keeping: stored?.document)
        let isExamined = machine.isExamined || stored?.isExamined == true
        if stored == nil { newMachines += 1 }
        let isConfirmed = stored.map { !openPlans.contains($0.plan) } ?? false
        if let stored, isConfirmed, stored.document == document {
            // Nothing to tell CAR, but vertices of it may be on their way with other fields.
            if stored.lastSeen != machine.lastSeen || stored.isExamined != isExamined {
                try machineRows.touch(machine.id, examined: isExamined, lastSeen: machine.lastSeen)
            }
            return
        }
        if let stored, !isConfirmed { try resendKept(of: stored.document, for: machine) }
        let delta = DocumentDelta(from: stored?.document, to: document)
        if !isConfirmed || stored?.document.assetFingerprint != document.assetFingerprint {
            plan.vertices.append(machine.asset)
            if stored == nil { plan.created[.asset] += 1 }
        }
        for edge in isConfirmed ? delta.ownAdded : document.ownEdges {
            let edge = Edge(edge.kind, from: machine.id.text, to: try key(of: edge.to))
            plan.edges.append(edge)
            if goneExist { try LedgerRows.removeGone(edge, generation: generation, in: db) }
        }
        for edge in delta.ownAdded { plan.created[edge.kind] += 1 }
        for edge in delta.ownRemoved {
            try LedgerRows.addGone(
                Edge(edge.kind, from: machine.id.text, to: try key(of: edge.to)), generation: generation, in: db)
        }
        for edge in delta.sharedAdded { countChanges[edge, default: 0] += 1 }
        for edge in delta.sharedRemoved { countChanges[edge, default: 0] -= 1 }
        // What is added is told by its count.
        if stored != nil, !isConfirmed { sharedWanted.formUnion(document.sharedEdges) }
        try machineRows.write(
            MachineRows.Row(
                document: document, plan: plan.token, isExamined: isExamined, lastSeen: machine.lastSeen),
            of: machine.id)
    }

    /// A plan that was never confirmed may have named vertices that CAR never got. Where they can't be read again they are
    /// sent by what the ledger knows of them; a later reading completes them.
    private mutating func resendKept(of stored: MachineDocument, for machine: BatchGraph.Machine) throws {
        var kept = machine.accounts == nil ? stored.accounts : []
        if machine.findings == nil {
            for finding in stored.findings { kept += [finding.software, finding.cve].compactMap(\.self) }
        }
        for id in Set(kept) where unconfirmed[id] == nil {
            guard let vertex = try LedgerRows.unconfirmedVertex(id, in: db) else { continue }
            keys[id] = vertex.id.key
            unconfirmed[id] = vertex
        }
    }

    private func document(of machine: BatchGraph.Machine, keeping stored: MachineDocument?) -> MachineDocument {
        func id(_ position: BatchGraph.Position) -> VertexID { ids[Int(position)] }
        return MachineDocument(
            assetFingerprint: machine.asset.fingerprint,
            hostname: machine.hostname.map(id),
            operatingSystem: machine.operatingSystem.map(id),
            macAddress: machine.macAddress.map(id),
            addresses: machine.addresses.map(id),
            adapterAddresses: machine.adapterAddresses.map(id),
            accounts: machine.accounts?.map(id) ?? stored?.accounts ?? [],
            findings: machine.findings?.map {
                MachineDocument.Finding(software: $0.software.map(id), cve: $0.cve.map(id))
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
            plan.created[edge.kind] += 1
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
