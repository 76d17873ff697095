/// Reads what Defender knows of the machines of a batch.
struct FactsReader: Sendable {
    struct Facts: Sendable {
        var machines: [MachineFacts]
        var findings: Findings
        /// What was read and skipped.
        var report: ImportReport
    }

    let defender: any DefenderReading
    let options: RunOptions
    let findings: any FindingsReading

    func read(_ batch: WorkBatch) async throws -> Facts {
        let machines = batch.entries.map(\.machine)
        async let adapters = networkAdapters(of: machines)
        async let findings = self.findings.read(batch)
        async let users = users(of: machines)
        let (adapterRows, answer, usersByMachine) = try await (adapters, findings, users)
        let adaptersByMachine = Dictionary(grouping: adapterRows.records, by: \.deviceID)
        var report = report(machines: machines.count, adapters: adapterRows, findings: answer.answer)
        let facts = machines.map { machine in
            let found = usersByMachine[machine.id] ?? nil
            report.add(found, of: machine.id)
            return MachineFacts(
                machine: machine, users: found?.records, adapters: adaptersByMachine[machine.id] ?? [],
                findings: answer.examined.contains(machine.id) ? answer.answer.findings[machine.id] ?? [] : nil)
        }
        return Facts(machines: facts, findings: answer, report: report)
    }

    private func networkAdapters(of machines: [Machine]) async throws -> Records<NetworkAdapter> {
        switch options.addresses {
        case .hunting: try await defender.networkAdapters(of: machines.map(\.id))
        case .machines: Records(records: machines.flatMap { $0.adapters ?? [] })
        }
    }

    private func users(of machines: [Machine]) async throws -> [MachineID: Records<LogonUser>?] {
        switch options.users {
        case .logonUsers: return try await logonUsers(of: machines)
        case .hunting:
            let answer = try await defender.logons(of: machines.map(\.id))
            var users: [MachineID: Records<LogonUser>?] = [:]
            for machine in machines { users[machine.id] = .some(Records(records: answer.users[machine.id] ?? [])) }
            // Rows that name no machine of the batch belong to the answer as a whole.
            if let first = machines.first { users[first.id]??.skipped += answer.skipped }
            return users
        }
    }

    private func logonUsers(of machines: [Machine]) async throws -> [MachineID: Records<LogonUser>?] {
        try await withThrowingTaskGroup(of: (MachineID, Records<LogonUser>?).self) { group in
            for machine in machines {
                group.addTask { (machine.id, try await defender.logonUsers(of: machine.id)) }
            }
            return try await group.reduce(into: [:]) { users, answer in users[answer.0] = .some(answer.1) }
        }
    }

    private func report(
        machines: Int, adapters: Records<NetworkAdapter>, findings: FindingsAnswer
    ) -> ImportReport {
        var report = ImportReport()
        report.add(.machines, read: 0, mapped: machines)
        report.add(.networkAdapters, read: adapters.readCount, mapped: adapters.records.count)
        report.addSkipped(adapters.skipped)
        report.add(
            .vulnerabilities, read: findings.rowsRead, mapped: findings.rowsRead - findings.skipped.count)
        report.addSkipped(findings.skipped)
        return report
    }
}

extension ImportReport {
    fileprivate mutating func add(_ users: Records<LogonUser>?, of machine: MachineID) {
        guard let users else {
            add(.logonUsers, read: 1, mapped: 0)
            addSkipped([SkippedRecord(kind: .logonUsers, id: machine.text, reason: "machine_not_found")])
            return
        }
        add(.logonUsers, read: users.readCount, mapped: users.records.count)
        addSkipped(users.skipped)
    }

    /// Counts objects by collection. CAR confirms an import as a whole, so a shortfall can't be told by collection: it
    /// is shown at the first.
    mutating func count(sent objects: GraphObjects, confirmed: Int) {
        var missing = objects.count - confirmed
        for (collection, sent) in objects.counts.named {
            let unconfirmed = min(max(missing, 0), sent)
            missing -= unconfirmed
            self.objects[collection, default: Written()].sent += sent
            self.objects[collection, default: Written()].confirmed += sent - unconfirmed
            self.objects[collection, default: Written()].updated += sent
        }
    }

    /// Tells the created from the updated among the objects counted as sent.
    mutating func count(created: ObjectCounts) {
        for (collection, count) in created.named {
            objects[collection, default: Written()].created += count
            objects[collection, default: Written()].updated -= count
        }
    }

    mutating func count(disabled edges: [Edge]) {
        for edge in edges { objects[edge.kind.rawValue, default: Written()].disabled += 1 }
    }
}
