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
    /// Vertices that the batch is the first to name.
    private var added: [VertexID] = []
    private var goneExist = true
    /// Changes of the counts behind shared edges, of the whole batch.
    private var countChanges: [(edge: SharedEdge, change: Int)] = []
    /// Further shared edges that have to be in CAR when the batch is confirmed.
    private var sharedWanted: Set<SharedEdge> = []
    private(set) var newMachines = 0
    /// To be put back once the transaction is committed.
    private(set) var cached: LedgerCache.Rows

    init(db: Database, generation: Int64, cached: LedgerCache.Rows) throws {
        self.db = db
        self.generation = generation
        self.cached = cached
        vertexRows = try VertexRows(generation: generation, in: db)
        sharedEdgeRows = try SharedEdgeRows(generation: generation, in: db)
        machineRows = try MachineRows(generation: generation, in: db)
        openPlans = try LedgerRows.openPlans(in: db)
        plan = BatchPlan(token: try LedgerRows.openPlan(generation: generation, in: db))
    }

    mutating func run(_ batch: BatchGraph, claim: ([VertexID]) -> Set<VertexID>) throws -> BatchPlan {
        try resolve(batch)
        let select = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM gone_edge WHERE generation = ?)")
        goneExist = try Bool.fetchOne(select, arguments: [generation]) ?? true
        for machine in batch.machines { try add(machine) }
        try settleSharedEdges()
        try sendVertices(claimed: claim(Array(unconfirmed.keys) + added))
        return plan
    }

    // MARK: Vertices

    private mutating func resolve(_ batch: BatchGraph) throws {
        ids.reserveCapacity(batch.vertices.count)
        keys.reserveCapacity(batch.vertices.count)
        for vertex in batch.vertices {
            let id: VertexID
            // What was not read is in CAR, or another batch sends it: not so where nobody reads it.
            let isNamed = vertex.isPartial && batch.named.contains(BatchGraph.Position(ids.count))
            if let row = try find(vertex.id) {
                id = row.id
                if row.fingerprint == nil { neverSent.insert(id) }
                let confirmed = row.confirmedFingerprint(openPlans)
                let isConfirmed = vertex.isPartial ? !isNamed || confirmed != nil : confirmed == vertex.fingerprint
                if !isConfirmed { unconfirmed[id] = vertex }
            } else {
                let isSent = isNamed || !vertex.isPartial
                let row = try vertexRows.add(vertex.id, sending: isSent ? vertex : nil, plan: plan.token)
                id = row.id
                cached.set(row, of: vertex.id)
                // Nobody else can know it yet.
                if isSent { send(vertex, as: id, isNew: true) }
            }
            ids.append(id)
            keys[id] = vertex.id.key
        }
    }

    private mutating func find(_ key: VertexKey) throws -> VertexRows.Row? {
        if let row = cached.vertices[key] { return row }
        let row = try vertexRows.find(key)
        if let row { cached.set(row, of: key) }
        return row
    }

    private mutating func send(_ vertex: Vertex, as id: VertexID, isNew: Bool) {
        if isNew { added.append(id) }
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
            cached.set(try vertexRows.send(vertex, as: id, plan: plan.token), of: vertex.id)
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
        for edge in delta.sharedAdded { countChanges.append((edge, 1)) }
        for edge in delta.sharedRemoved { countChanges.append((edge, -1)) }
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
        for (edge, change, isAdded) in summedCountChanges() {
            if change > 0 {
                // Sent by its count.
                sharedWanted.remove(edge)
            } else if isAdded {
                sharedWanted.insert(edge)
            }
            if change != 0 { try count(edge, machines: change) }
        }
        for edge in sharedWanted {
            guard let row = try cached.edges[edge] ?? sharedEdgeRows.find(edge) else {
                try send(edge)
                continue
            }
            if openPlans.contains(row.plan) { try update(edge, row) }
        }
    }

    /// Each edge once, in the order of the table: neighbours are on one page. `isAdded`: a machine of the batch implies it
    /// that did not before.
    private func summedCountChanges() -> [(edge: SharedEdge, change: Int, isAdded: Bool)] {
        var sums: [(edge: SharedEdge, change: Int, isAdded: Bool)] = []
        sums.reserveCapacity(countChanges.count)
        for (edge, change) in countChanges.sorted(by: { $0.edge < $1.edge }) {
            if let last = sums.indices.last, sums[last].edge == edge {
                sums[last].change += change
                if change > 0 { sums[last].isAdded = true }
            } else {
                sums.append((edge, change, change > 0))
            }
        }
        return sums
    }

    /// So many more machines imply the edge, or fewer.
    private mutating func count(_ edge: SharedEdge, machines: Int) throws {
        let known = cached.edges[edge]
        // Most that are not in the cache are new.
        if known == nil, machines > 0, try addNew(edge, machines: machines) { return }
        var row = try known ?? sharedEdgeRows.find(edge) ?? SharedEdgeRows.Row(machines: 0, plan: plan.token)
        row.machines += Int64(machines)
        if row.machines > 0 {
            // Where fewer imply it, those that still do send it, with its vertices, where CAR may lack it.
            return machines > 0 ? try update(edge, row) : try write(edge, row)
        }
        try sharedEdgeRows.delete(edge)
        cached.set(nil, of: edge)
        try LedgerRows.addGone(symbolic(edge), generation: generation, in: db)
    }

    /// - Returns: whether the edge is new; else nothing is done.
    private mutating func addNew(_ edge: SharedEdge, machines: Int) throws -> Bool {
        let row = SharedEdgeRows.Row(machines: Int64(machines), plan: plan.token)
        guard try sharedEdgeRows.insertNew(edge, row) else { return false }
        cached.set(row, of: edge)
        plan.created[edge.kind] += 1
        try send(edge)
        return true
    }

    /// Writes the row of an edge that is known, and sends the edge once more where another plan may not have.
    private mutating func update(_ edge: SharedEdge, _ row: SharedEdgeRows.Row) throws {
        var row = row
        if openPlans.contains(row.plan) {
            row.plan = plan.token
            try send(edge)
        }
        try write(edge, row)
    }

    private mutating func write(_ edge: SharedEdge, _ row: SharedEdgeRows.Row) throws {
        try sharedEdgeRows.update(edge, row)
        cached.set(row, of: edge)
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
