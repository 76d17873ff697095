/// Finds out which software and CVEs the machines of a batch have.
protocol FindingsReading: Sendable {
    func read(_ batch: WorkBatch) async throws -> Findings
    /// CAR has what the batch's findings imply, and the ledger knows.
    func settle(_ examined: Set<MachineID>) async throws
}

enum FindingsReader {
    static func reader(
        _ options: RunOptions, ports: RunPorts, job: JobID, flights: VertexFlights, checkpoint: RunCheckpoint
    ) -> any FindingsReading {
        guard options.vulnerabilities else { return NoFindings() }
        return switch options.vulnerabilitySource {
        case .hunting: HuntedFindings(texts: CVETexts(ports: ports, job: job, flights: flights))
        case .export:
            ExportedFindings(
                ports: ports, job: job, flights: flights, kind: checkpoint.effectiveKind ?? .initial)
        }
    }
}

/// No vulnerabilities: those that CAR has stay.
struct NoFindings: FindingsReading {
    func read(_ batch: WorkBatch) async throws -> Findings { Findings() }
    func settle(_ examined: Set<MachineID>) async throws {}
}

/// By advanced hunting, of every machine that is not Inactive; one that is keeps what it has, once it was read.
struct HuntedFindings: FindingsReading {
    let texts: CVETexts

    func read(_ batch: WorkBatch) async throws -> Findings {
        let examined = batch.entries.filter { !($0.hasFindings && $0.machine.isInactive) }.map(\.machine.id)
        var findings = try await texts.findings(of: examined, for: batch.number)
        findings.examined = Set(examined)
        return findings
    }

    func settle(_ examined: Set<MachineID>) async throws {}
}
