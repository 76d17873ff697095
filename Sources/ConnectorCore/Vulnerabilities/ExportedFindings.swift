/// From the vulnerability export, which the run has read into the store, or from its changes.
///
/// In an incremental run a known machine has what the ledger says with the changes since; an Inactive one keeps what it
/// has, and its changes wait. A machine that is new to us has no findings to change: those few are asked by hunting.
struct ExportedFindings: FindingsReading {
    let ports: RunPorts
    let job: JobID
    let flights: VertexFlights
    let kind: JobKind

    func read(_ batch: WorkBatch) async throws -> Findings {
        var findings = Findings()
        switch kind {
        case .initial:
            let machines = batch.entries.map(\.machine.id)
            findings.answer = try await ports.store.exportedFindings(of: machines, job: job)
            findings.examined = Set(machines)
        case .incremental:
            let known = batch.entries.filter { $0.hasFindings && !$0.machine.isInactive }.map(\.machine.id)
            findings.answer = try await ports.store.changedFindings(of: known, job: job)
            findings.examined = Set(findings.answer.findings.keys)
            try await addNewMachines(batch.entries.filter { !$0.hasFindings }.map(\.machine.id), to: &findings)
        }
        try await completeCVEs(of: &findings, for: batch.number)
        return findings
    }

    func settle(_ examined: Set<MachineID>) async throws {
        guard kind == .incremental, !examined.isEmpty else { return }
        try await ports.store.settleFindings(of: Array(examined), job: job)
    }

    private func addNewMachines(_ machines: [MachineID], to findings: inout Findings) async throws {
        guard !machines.isEmpty else { return }
        let answer = try await ports.defender.findings(of: machines, texts: false)
        findings.examined.formUnion(machines)
        // Software without a CVE is in no change: it would never leave again.
        findings.answer.findings.merge(answer.findings.mapValues { $0.filter { $0.cve != nil } }) { $1 }
        findings.answer.cves.merge(answer.cves) { kept, _ in kept }
        findings.answer.rowsRead += answer.rowsRead
        findings.answer.skipped += answer.skipped
    }

    /// Reads what the list says of CVEs that CAR lacks: from what the run has kept of it, or by their ids.
    private func completeCVEs(of findings: inout Findings, for batch: Int) async throws {
        let wanted = try await ports.store.cvesToComplete(findings.answer.cves.keys.sorted(), of: job)
        let claim = flights.claimTexts(wanted, for: batch)
        var texts = try await ports.store.cveTexts(of: claim.own, job: job)
        // Also after the whole list was read: its order is not promised, so an entry may have moved from page to page.
        let missing = claim.own.filter { texts[$0] == nil }
        texts.merge(try await entries(of: missing)) { kept, _ in kept }
        for id in claim.own {
            // One that the list does not have keeps the score of its rows.
            if let text = texts[id] { findings.answer.cves[id] = text }
        }
        findings.complete = Set(claim.own)
        findings.awaited = claim.others
    }

    /// Asks again for what an answer lacks, at least twice: a page may be shorter than asked for, and Defender now and then
    /// says that there is nothing, which would leave a CVE without its text.
    private func entries(of ids: [String]) async throws -> [String: CVE] {
        var entries: [String: CVE] = [:]
        var left = ids
        var timesAsked = 0
        while !left.isEmpty {
            for start in stride(from: 0, to: left.count, by: CVESelection.idsMax) {
                let part = Array(left[start..<min(start + CVESelection.idsMax, left.count)])
                let page = try await ports.defender.cves(.ids(part), skip: 0, top: part.count)
                for cve in page.content.records { entries[cve.id] = cve }
            }
            timesAsked += 1
            let found = left.count { entries[$0] != nil }
            if found == 0, timesAsked >= 2 { break }
            left.removeAll { entries[$0] != nil }
        }
        return entries
    }
}
