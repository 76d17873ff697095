import ConnectorCore

extension FaultyStore {
    func clearVulnerabilityPages(_ checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await call("clearPages") { try await store.clearVulnerabilityPages(checkpoint, of: job) }
    }
    func addVulnerabilityPage(
        _ page: VulnerabilityPage, after continuation: String?, checkpoint: RunCheckpoint, of job: JobID
    ) async throws -> PageVerdict {
        try await call("addPage") {
            try await store.addVulnerabilityPage(page, after: continuation, checkpoint: checkpoint, of: job)
        }
    }
    func addVulnerabilityChanges(
        _ page: VulnerabilityChangePage, after continuation: String?, checkpoint: RunCheckpoint, of job: JobID
    ) async throws -> PageVerdict {
        try await call("addChanges") {
            try await store.addVulnerabilityChanges(page, after: continuation, checkpoint: checkpoint, of: job)
        }
    }
    func addCVETexts(_ cves: [CVE], checkpoint: RunCheckpoint, of job: JobID) async throws {
        try await call("addCVEs") { try await store.addCVETexts(cves, checkpoint: checkpoint, of: job) }
    }
    func exportedFindings(of machines: [MachineID], job: JobID) async throws -> FindingsAnswer {
        try await call("exportedFindings") { try await store.exportedFindings(of: machines, job: job) }
    }
    func changedFindings(of machines: [MachineID], job: JobID) async throws -> FindingsAnswer {
        try await call("changedFindings") { try await store.changedFindings(of: machines, job: job) }
    }
    func settleFindings(of machines: [MachineID], job: JobID) async throws {
        try await call("settleFindings") { try await store.settleFindings(of: machines, job: job) }
    }
    func cvesToComplete(_ ids: [String], of job: JobID) async throws -> [String] {
        try await call("cvesToComplete") { try await store.cvesToComplete(ids, of: job) }
    }
    func cveTexts(of ids: [String], job: JobID) async throws -> [String: CVE] {
        try await call("cveTexts") { try await store.cveTexts(of: ids, job: job) }
    }
    func knownCVETexts(after id: String, limit: Int, of job: JobID) async throws -> [CVE] {
        try await call("knownCVETexts") { try await store.knownCVETexts(after: id, limit: limit, of: job) }
    }
    func vulnerabilityProgress(of connection: String) async throws -> VulnerabilityProgress {
        try await call("vulnerabilityProgress") { try await store.vulnerabilityProgress(of: connection) }
    }
    func record(_ progress: VulnerabilityProgress, of job: JobID) async throws {
        try await call("recordProgress") { try await store.record(progress, of: job) }
    }
}
