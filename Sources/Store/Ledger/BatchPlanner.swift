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
    private var plan = BatchPlan()
    private var keys: [VertexID: String] = [:]
    private var ids: [VertexKey: VertexID] = [:]
    /// Vertices that CAR may lack in their present form.
    private var unconfirmed: [VertexID: Vertex] = [:]
    private var createdVertices: Set<VertexID> = []
    private var goneExist = true
    /// Changes of the counts behind shared edges, of the whole batch.
    private var countChanges: [SharedEdge: Int] = [:]
    /// Shared edges that have to be in CAR when the batch is confirmed.
    private var sharedWanted: Set<SharedEdge> = []
    private(set) var newMachines = 0

    init(db: Database, generation: Int64) {
        self.db = db
        self.generation = generation
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
        addVertices(claimed: claim(Array(unconfirmed.keys)))
        return plan
    }

    // MARK: Vertices

    private mutating func resolve(
        _ shared: [VertexKey: Vertex], known: [VertexKey: ClaimedVertex]
    ) throws {
        let select = try db.cachedStatement(
            sql: "SELECT id, fingerprint FROM vertex WHERE generation = ? AND collection = ? AND key = ?")
        let insert = try db.cachedStatement(sql: "INSERT INTO vertex (generation, collection, key) VALUES (?, ?, ?)")
        for (key, vertex) in shared {
            let fingerprint = vertex.fingerprint
            let id: VertexID
            var confirmed: Int64?
            if let entry = known[key] {
                id = entry.id
                confirmed = entry.fingerprint
            } else if let row = try Row.fetchOne(
                select, arguments: [generation, key.collection.storedNumber, key.key])
            {
                id = VertexID(row[0])
                confirmed = row[1]
            } else {
                try insert.execute(arguments: [generation, key.collection.storedNumber, key.key])
                id = VertexID(db.lastInsertedRowID)
            }
            ids[key] = id
            keys[id] = key.key
            // What was not read is in CAR, or another batch sends it.
            if vertex.isPartial { continue }
            if confirmed != fingerprint { unconfirmed[id] = vertex }
            if confirmed == nil { createdVertices.insert(id) }
        }
    }

    private mutating func addVertices(claimed: Set<VertexID>) {
        for (id, vertex) in unconfirmed {
            guard claimed.contains(id) else {
                plan.awaited.insert(id)
                continue
            }
            plan.claimed[vertex.id] = ClaimedVertex(
                id: id, fingerprint: vertex.fingerprint, brief: vertex.isPartial ? nil : vertex.briefFingerprint)
            plan.vertices.append(vertex)
            if vertex.id.collection == .account { plan.vertices.append(Vertex(.user, vertex.id.key)) }
            if createdVertices.contains(id) {
                plan.created[vertex.id.collection.rawValue, default: 0] += 1
                if vertex.id.collection == .account { plan.created[VertexCollection.user.rawValue, default: 0] += 1 }
            }
        }
    }

    // MARK: Machines

    private mutating func add(_ subgraph: MachineSubgraph) throws {
        let stored = try LedgerRows.machine(subgraph.machine, generation: generation, in: db)
        let document = document(of: subgraph, keeping: stored?.document)
        let isExamined = subgraph.findings != nil || stored?.isExamined == true
        if stored == nil { newMachines += 1 }
        if let stored, stored.isConfirmed, stored.document == document {
            // Nothing to tell CAR, but vertices of it may be on their way with other fields.
            if stored.lastSeen != subgraph.lastSeen || stored.isExamined != isExamined {
                try LedgerRows.touch(
                    subgraph.machine, examined: isExamined, lastSeen: subgraph.lastSeen, generation: generation, in: db)
            }
            return
        }
        if let stored, !stored.isConfirmed { try resendKept(of: stored.document, for: subgraph) }
        let delta = DocumentDelta(from: stored?.document, to: document)
        let resends = stored?.isConfirmed != true
        if resends || stored?.document.assetFingerprint != document.assetFingerprint {
            plan.vertices.append(subgraph.asset)
            if stored == nil { plan.created[VertexCollection.asset.rawValue, default: 0] += 1 }
        }
        for edge in resends ? document.ownEdges : delta.ownAdded {
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
        sharedWanted.formUnion(resends ? document.sharedEdges : delta.sharedAdded)
        try LedgerRows.write(
            LedgerRows.Machine(
                document: document, isConfirmed: false, isExamined: isExamined, lastSeen: subgraph.lastSeen),
            of: subgraph.machine, generation: generation, in: db)
        plan.machines.append(subgraph.machine)
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
            createdVertices.insert(id)
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
        for (edge, change) in countChanges where change < 0 {
            if try LedgerRows.change(edge, machines: change, generation: generation, in: db) == .gone {
                try LedgerRows.addGone(symbolic(edge), generation: generation, in: db)
            }
        }
        for (edge, change) in countChanges where change > 0 {
            let outcome = try LedgerRows.change(edge, machines: change, generation: generation, in: db)
            if outcome == .created { plan.created[edge.kind.rawValue, default: 0] += 1 }
        }
        for edge in sharedWanted where try !LedgerRows.isConfirmed(edge, generation: generation, in: db) {
            let symbolic = try symbolic(edge)
            plan.edges.append(symbolic)
            plan.sharedEdges.append(edge)
            if goneExist { try LedgerRows.removeGone(symbolic, generation: generation, in: db) }
        }
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
