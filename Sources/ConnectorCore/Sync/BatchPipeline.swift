/// A batch of machines on its way: fetch, map, compare, send, confirm.
struct BatchPipeline: Sendable {
    let job: Job
    let ports: RunPorts
    let options: RunOptions
    let identity: RunIdentity
    let flights: VertexFlights
    private let findings: any FindingsReading
    private let gate: ReadingGate
    private let isInitial: Bool

    init(job: Job, ports: RunPorts, options: RunOptions, checkpoint: RunCheckpoint) {
        self.job = job
        self.ports = ports
        self.options = options
        identity = checkpoint.identity
        isInitial = checkpoint.effectiveKind == .initial
        flights = VertexFlights()
        gate = ReadingGate(readingMax: options.batchesReading, findingsMax: options.findingsInFlight)
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
        let reader = FactsReader(defender: ports.defender, options: options, findings: findings)
        try await gate.pass(
            read: {
                let facts = try await reader.read(batch)
                // Only what is needed from here on stays in memory while CAR is waited for.
                return Mapped(
                    graph: try await graph(of: facts),
                    examined: facts.findings.examined, awaited: facts.findings.awaited, report: facts.report)
            }, findings: \.graph.findingCount, use: { try await send($0, of: batch.number) })
    }

    /// What an initial import has not read is reported as it was known before: else CAR would retire it.
    private func graph(of facts: FactsReader.Facts) async throws -> BatchGraph {
        var graph = BatchGraph(facts.machines.map(GraphMapper.subgraph), cve: facts.findings.vertex)
        guard isInitial else { return graph }
        let incomplete = graph.incompleteMachines
        if !incomplete.isEmpty { graph.complete(with: try await ports.store.knownFacts(of: incomplete, job: job.id)) }
        return graph
    }

    /// A batch as it was read and mapped.
    private struct Mapped: Sendable {
        var graph: BatchGraph
        /// Machines whose findings were read.
        var examined: Set<MachineID>
        /// Batches that send vertices named here.
        var awaited: Set<Int>
        var report: ImportReport
    }

    private func send(_ mapped: Mapped, of number: Int) async throws {
        let plan = try await ports.store.planBatch(mapped.graph, of: job.id) { [flights] candidates in
            flights.claim(candidates, for: number)
        }
        var report = mapped.report
        try await deliver(GraphObjects(vertices: plan.vertices), &report)
        flights.confirm(number)
        try await flights.wait(for: plan.awaited, of: mapped.awaited)
        try await deliver(GraphObjects(edges: plan.edges), &report)
        report.count(created: plan.created)
        try await ports.store.confirmBatch(number, plan: plan, report: report, of: job.id)
        flights.release(number)
        try await findings.settle(mapped.examined)
    }

    private func deliver(_ objects: GraphObjects, _ report: inout ImportReport) async throws {
        guard objects.count > 0 else { return }
        let confirmed = try await ports.car.importObjects(objects, report: identity)
        report.count(sent: objects, confirmed: confirmed)
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
