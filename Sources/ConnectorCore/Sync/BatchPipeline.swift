/// A batch of machines on its way: fetch, map, compare, send, confirm.
struct BatchPipeline: Sendable {
    let job: Job
    let ports: RunPorts
    let options: RunOptions
    let identity: RunIdentity
    let flights: VertexFlights
    private let findings: any FindingsReading

    init(job: Job, ports: RunPorts, options: RunOptions, checkpoint: RunCheckpoint) {
        self.job = job
        self.ports = ports
        self.options = options
        identity = checkpoint.identity
        flights = VertexFlights()
        findings = FindingsReader.reader(
            options, ports: ports, job: job.id, flights: flights, checkpoint: checkpoint)
    }

    /// - Returns: how many machines the batch has.
    func handle(_ number: Int) async throws -> Int {
        let batch = try await ports.store.startBatch(number, of: job.id)
        guard batch.starts <= options.batchStartsMax else { throw exhausted(batch) }
        do {
            try await send(batch)
        } catch {
            // Interrupted or failed, but alive: only a process that died leaves its start counted.
            try? await ports.store.releaseBatch(number, of: job.id)
            throw error
        }
        return batch.entries.count
    }

    private func send(_ batch: WorkBatch) async throws {
        let facts = try await FactsReader(defender: ports.defender, options: options, findings: findings).read(batch)
        let subgraphs = facts.machines.map(GraphMapper.subgraph)
        let shared = Self.sharedVertices(of: subgraphs, findings: facts.findings)
        let plan = try await ports.store.planBatch(subgraphs, shared: shared, of: job.id) { [flights] candidates in
            flights.claim(candidates, for: batch.number)
        }
        var report = facts.report
        try await deliver(GraphObjects(vertices: plan.vertices), &report)
        flights.confirm(batch.number)
        try await flights.wait(for: plan.awaited, of: facts.findings.awaited)
        try await deliver(GraphObjects(edges: plan.edges), &report)
        report.count(created: plan.created)
        try await ports.store.confirmBatch(batch.number, plan: plan, report: report, of: job.id)
        flights.release(batch.number)
        try await findings.settle(facts.findings)
    }

    private func deliver(_ objects: GraphObjects, _ report: inout ImportReport) async throws {
        guard objects.count > 0 else { return }
        let confirmed = try await ports.car.importObjects(objects, report: identity)
        report.count(sent: objects, confirmed: confirmed)
    }

    /// Every vertex that the machines imply beside their own assets, each once.
    static func sharedVertices(of subgraphs: [MachineSubgraph], findings: Findings) -> [VertexKey: Vertex] {
        var vertices: [VertexKey: Vertex] = [:]
        func add(_ vertex: Vertex) {
            vertices[vertex.id] = vertices[vertex.id] ?? vertex
        }
        for subgraph in subgraphs {
            if let hostname = subgraph.hostname { add(GraphMapper.hostname(hostname)) }
            if let platform = subgraph.operatingSystem { add(GraphMapper.operatingSystem(platform)) }
            if let address = subgraph.macAddress { add(Vertex(.macaddress, address)) }
            for address in subgraph.addresses { add(Vertex(.ipaddress, address)) }
            for account in subgraph.accounts ?? [] { add(Vertex(.account, account)) }
            for finding in subgraph.findings ?? [] {
                if let software = finding.software, vertices[VertexKey(.application, software)] == nil {
                    add(Vertex(.application, software))
                }
                if let cve = finding.cve, vertices[VertexKey(.vulnerability, cve)] == nil {
                    add(findings.vertex(of: cve))
                }
            }
        }
        return vertices
    }

    private func exhausted(_ batch: WorkBatch) -> JobFailureError {
        let first = batch.entries.first?.machine.id.text ?? "none"
        return JobFailureError(
            .internal(
                """
                the process died \(batch.starts - 1) times in a row while it handled batch \(batch.number) \
                (\(batch.entries.count) machines, first \(first))
                """))
    }
}
