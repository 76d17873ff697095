import ConnectorCore
import Store

/// The store as one process reaches it: a process that has died changes nothing any more.
struct FaultyStore: RunStore {
    let store: SQLiteRunStore
    let lifeline: Lifeline

    func call<Result: Sendable>(
        _ name: String, _ effect: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await lifeline.call("store." + name, effect)
    }

    func openRun(_ job: JobID, connection: String, now: Timestamp) async throws -> RunCheckpoint {
        try await call("openRun") { try await store.openRun(job, connection: connection, now: now) }
    }
    func save(_ checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await call("save") { try await store.save(checkpoint, of: job) }
    }
    func saveDurably(_ checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await call("saveDurably") { try await store.saveDurably(checkpoint, of: job) }
    }
    func addToReport(_ part: ImportReport, of job: JobID) async throws {
        try await call("addToReport") { try await store.addToReport(part, of: job) }
    }
    func report(ofRun job: JobID) async throws -> ImportReport {
        try await call("report") { try await store.report(ofRun: job) }
    }
    func cleanUp(_ job: JobID, connection: String) async throws {
        try await call("cleanUp") { try await store.cleanUp(job, connection: connection) }
    }
    func ledger(of connection: String) async throws -> LedgerState {
        try await call("ledger") { try await store.ledger(of: connection) }
    }
    func beginGeneration(_ checkpoint: RunCheckpoint, of job: JobID, connection: String) async throws -> RunCheckpoint {
        try await call("beginGeneration") {
            try await store.beginGeneration(checkpoint, of: job, connection: connection)
        }
    }
    func invalidateLedger(of connection: String, reason: String) async throws {
        try await call("invalidateLedger") { try await store.invalidateLedger(of: connection, reason: reason) }
    }
    func prepareSavePoint(_ savePoint: String, of connection: String) async throws {
        try await call("prepareSavePoint") { try await store.prepareSavePoint(savePoint, of: connection) }
    }
    func completeRun(_ job: JobID, connection: String, completion: RunCompletion) async throws {
        try await call("completeRun") {
            try await store.completeRun(job, connection: connection, completion: completion)
        }
    }
    func recordPageRows(machines: Int?, alerts: Int?, of connection: String) async throws {
        try await call("recordPageRows") {
            try await store.recordPageRows(machines: machines, alerts: alerts, of: connection)
        }
    }
    func cvesWithoutText(_ cves: [CVE], of job: JobID) async throws -> [String] {
        try await call("cvesWithoutText") { try await store.cvesWithoutText(cves, of: job) }
    }
    func addMachines(
        _ machines: [Machine], deletions: [MachineID], isAgain: Bool, checkpoint: RunCheckpoint, report: ImportReport,
        of job: JobID
    ) async throws -> [Machine] {
        try await call("addMachines") {
            try await store.addMachines(
                machines, deletions: deletions, isAgain: isAgain, checkpoint: checkpoint, report: report, of: job)
        }
    }
    func addDeletions(_ machines: [MachineID], checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await call("addDeletions") { try await store.addDeletions(machines, checkpoint: checkpoint, of: job) }
    }
    func deletionCensus(of job: JobID, connection: String, wholeEstate: Bool) async throws -> DeletionCensus {
        try await call("deletionCensus") {
            try await store.deletionCensus(of: job, connection: connection, wholeEstate: wholeEstate)
        }
    }
    func workCount(of job: JobID) async throws -> JobProgress.Count {
        try await call("workCount") { try await store.workCount(of: job) }
    }
    func unfinishedBatches(of job: JobID, size: Int) async throws -> [Int] {
        try await call("unfinishedBatches") { try await store.unfinishedBatches(of: job, size: size) }
    }
    func startBatch(_ number: Int, of job: JobID) async throws -> WorkBatch {
        try await call("startBatch") { try await store.startBatch(number, of: job) }
    }
    func releaseBatch(_ number: Int, of job: JobID) async throws {
        try await call("releaseBatch") { try await store.releaseBatch(number, of: job) }
    }
    func knownFacts(of machines: [MachineID], job: JobID) async throws -> [MachineID: KnownFacts] {
        try await call("knownFacts") { try await store.knownFacts(of: machines, job: job) }
    }
    func planBatch(
        _ batch: BatchGraph, of job: JobID, claim: @escaping @Sendable ([VertexID]) -> Set<VertexID>
    ) async throws -> BatchPlan {
        try await call("planBatch") { try await store.planBatch(batch, of: job, claim: claim) }
    }
    func confirmBatch(_ number: Int, plan: BatchPlan, report: ImportReport, of job: JobID) async throws {
        try await call("confirmBatch") { try await store.confirmBatch(number, plan: plan, report: report, of: job) }
    }
    func planAlerts(_ alerts: [Alert], of job: JobID) async throws -> AlertPlan {
        try await call("planAlerts") { try await store.planAlerts(alerts, of: job) }
    }
    func planKeptAlerts(after id: String?, limit: Int, of job: JobID) async throws -> AlertPlan {
        try await call("planKeptAlerts") { try await store.planKeptAlerts(after: id, limit: limit, of: job) }
    }
    func confirmAlerts(_ plan: AlertPlan, checkpoint: RunCheckpoint, report: ImportReport, of job: JobID) async throws {
        try await call("confirmAlerts") {
            try await store.confirmAlerts(plan, checkpoint: checkpoint, report: report, of: job)
        }
    }
    func pendingDeletions(of job: JobID, limit: Int) async throws -> [MachineID] {
        try await call("pendingDeletions") { try await store.pendingDeletions(of: job, limit: limit) }
    }
    func beginDeletions(_ machines: [MachineID], of job: JobID, connection: String) async throws {
        try await call("beginDeletions") {
            try await store.beginDeletions(machines, of: job, connection: connection)
        }
    }
    func confirmDeletions(_ machines: [MachineID], report: ImportReport, of job: JobID) async throws {
        try await call("confirmDeletions") { try await store.confirmDeletions(machines, report: report, of: job) }
    }
    func goneEdges(of job: JobID, limit: Int) async throws -> [GoneEdge] {
        try await call("goneEdges") { try await store.goneEdges(of: job, limit: limit) }
    }
    func confirmGone(_ edges: [GoneEdge], report: ImportReport, of job: JobID) async throws {
        try await call("confirmGone") { try await store.confirmGone(edges, report: report, of: job) }
    }
}
