import ConnectorCore
import Foundation
import GRDB

extension SQLiteRunStore {
    public func exportedFindings(of machines: [MachineID], job: JobID) async throws -> FindingsAnswer {
        try await read { db in
            var answer = FindingsAnswer()
            let select = try db.cachedStatement(
                sql: """
                    SELECT pairs FROM run_export WHERE job_id = ?1 AND position =
                        (SELECT position FROM run_machine WHERE job_id = ?1 AND machine_id = ?2)
                    ORDER BY page
                    """)
            let name = try db.cachedStatement(sql: "SELECT name, score FROM run_export_name WHERE id = ?")
            var names: [Int64: String] = [:]
            func text(_ id: Int64) throws -> String {
                if let known = names[id] { return known }
                guard let row = try Row.fetchOne(name, arguments: [id]) else {
                    throw DatabaseError(message: "the export's dictionary lacks name \(id)")
                }
                names[id] = row[0]
                return row[0]
            }
            for machine in machines {
                var findings: [Finding] = []
                for data in try Data.fetchAll(select, arguments: [job.text, machine.text]) {
                    guard let pairs = PairCodec.decode(data) else {
                        throw DatabaseError(message: "the export's findings of \(machine) are not readable")
                    }
                    for pair in pairs {
                        let cve = try text(pair.cve)
                        if answer.cves[cve] == nil {
                            let score = try Row.fetchOne(name, arguments: [pair.cve])?[1] as Double?
                            answer.cves[cve] = CVE(id: cve, baseScore: score)
                        }
                        findings.append(
                            Finding(software: pair.software == 0 ? nil : try text(pair.software), cve: cve))
                    }
                }
                answer.findings[machine] = findings
            }
            return answer
        }
    }

    public func changedFindings(of machines: [MachineID], job: JobID) async throws -> FindingsAnswer {
        guard !machines.isEmpty else { return FindingsAnswer() }
        return try await read { db in
            let generation = try Self.generation(of: job, in: db)
            let scores = try db.cachedStatement(
                sql: "SELECT score FROM run_export_name WHERE job_id = ? AND kind = 2 AND name = ?")
            var answer = FindingsAnswer()
            var keys: [VertexID: String] = [:]
            let rows = try MachineRows(generation: generation, in: db)
            for machine in machines {
                let changes = try Self.changes(of: machine, generation: generation, in: db)
                guard let stored = try rows.find(machine),
                    !changes.isEmpty || stored.document.findings.contains(where: { $0.cve == nil })
                else { continue }
                let known = try stored.document.findings.map { finding in
                    Finding(
                        software: try finding.software.map { try Self.key(of: $0, &keys, in: db) },
                        cve: try finding.cve.map { try Self.key(of: $0, &keys, in: db) })
                }
                let findings = changes.applied(to: known)
                answer.findings[machine] = findings
                for cve in findings.compactMap(\.cve) where answer.cves[cve] == nil {
                    let score = try Row.fetchOne(scores, arguments: [job.text, cve])?[0] as Double?
                    answer.cves[cve] = CVE(id: cve, baseScore: score)
                }
            }
            return answer
        }
    }

    private static func key(of id: VertexID, _ keys: inout [VertexID: String], in db: Database) throws -> String {
        if let key = keys[id] { return key }
        let key = try LedgerRows.key(of: id, in: db)
        keys[id] = key
        return key
    }

    private static func changes(of machine: MachineID, generation: Int64, in db: Database) throws -> FindingChanges {
        let select = try db.cachedStatement(
            sql: """
                SELECT cve, software, rbac_group, present, at FROM pending_finding
                WHERE generation = ? AND machine_id = ?
                """)
        var changes = FindingChanges()
        let rows = try Row.fetchCursor(select, arguments: [generation, machine.text])
        while let row = try rows.next() {
            let software: String = row[1]
            changes.add(
                VulnerabilityChange(
                    machine: machine, finding: Finding(software: software.isEmpty ? nil : software, cve: row[0]),
                    group: row[2], isPresent: row[3], at: Timestamp(milliseconds: row[4])))
        }
        return changes
    }

    public func settleFindings(of machines: [MachineID], job: JobID) async throws {
        // Lost with the power, they are applied again, which changes nothing.
        _ = try await writeUnsynced { db in
            let generation = try Self.generation(of: job, in: db)
            for machine in machines { try Self.dropChanges(of: machine, generation: generation, in: db) }
        }
    }

    static func dropChanges(of machine: MachineID, generation: Int64, in db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM pending_finding WHERE generation = ? AND machine_id = ?")
            .execute(arguments: [generation, machine.text])
    }
}
