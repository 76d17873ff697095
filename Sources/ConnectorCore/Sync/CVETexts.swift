import Threading

/// Reads findings without the descriptions of their CVEs, and each description once: a CVE has the same one on every
/// machine, and it is most of a row's bytes.
///
/// A description is read where CAR does not have the CVE from us with the date and score that the findings tell. One that
/// Microsoft rewrites without changing either is seen at the next initial import.
final class CVETexts: Sendable {
    private let ports: RunPorts
    private let job: JobID
    private let flights: VertexFlights
    /// Whether descriptions can be asked for by themselves.
    private let isSeparate = Locked(true)

    init(ports: RunPorts, job: JobID, flights: VertexFlights) {
        self.ports = ports
        self.job = job
        self.flights = flights
    }

    /// The findings; of CVEs that CAR has, or that another batch sends, without descriptions.
    func findings(of ids: [MachineID], for batch: Int) async throws -> Findings {
        guard !ids.isEmpty else { return Findings() }
        guard isSeparate.withLock({ $0 }) else { return try await joined(ids) }
        var answer = try await ports.defender.findings(of: ids, texts: false)
        let wanted = try await ports.store.cvesWithoutText(Array(answer.cves.values), of: job)
        let claim = flights.claimTexts(wanted, for: batch)
        guard let texts = try await ports.defender.descriptions(of: claim.own) else {
            isSeparate.withLock { $0 = false }
            return try await joined(ids)
        }
        // Not one of them: rather is the table not to be had by itself than that all are undescribed.
        if texts.isEmpty, !claim.own.isEmpty {
            let findings = try await joined(ids)
            let isTableEmpty = claim.own.contains { findings.answer.cves[$0]?.description != nil }
            if isTableEmpty { isSeparate.withLock { $0 = false } }
            return findings
        }
        for cve in claim.own { answer.cves[cve]?.description = texts[cve] }
        return Findings(answer: answer, complete: Set(claim.own), awaited: claim.others)
    }

    private func joined(_ ids: [MachineID]) async throws -> Findings {
        let answer = try await ports.defender.findings(of: ids, texts: true)
        return Findings(answer: answer, complete: Set(answer.cves.keys), awaited: [])
    }
}

/// The findings of a batch, and which of their CVEs are complete.
struct Findings: Sendable {
    var answer = FindingsAnswer()
    /// The machines whose findings are known; the others keep what they have.
    var examined: Set<MachineID> = []
    /// CVEs with all their fields; the others are in CAR, or on their way with another batch.
    var complete: Set<String> = []
    /// Batches that send CVEs named here.
    var awaited: Set<Int> = []

    func vertex(of cve: String) -> Vertex {
        let known = answer.cves[cve].flatMap { $0.id.hasSameBytes(as: cve) ? $0 : nil }
        var vertex = GraphMapper.vertex(of: known ?? CVE(id: cve))
        vertex.isPartial = !complete.contains(cve) && known != nil
        return vertex
    }
}
