import ConnectorCore

extension DefenderClient {
    /// So many machine ids go into one query.
    private static let machinesPerQueryMax = 150

    public func networkAdapters(of ids: [MachineID]) async throws -> Records<NetworkAdapter> {
        var result = Records<NetworkAdapter>(records: [])
        try await hunt(
            ids, query: HuntingQuery.networkAdapters(of:), decode: { try NetworkRows.decode($0, asked: $1) },
            rowCount: \.readCount
        ) { part in
            // Every machine is in one part, so each one's rows stay in order.
            result.records += part.records
            result.skipped += part.skipped
        }
        return result
    }

    public func findings(of ids: [MachineID]) async throws -> FindingsAnswer {
        var result = FindingsAnswer()
        try await hunt(
            ids, query: HuntingQuery.findings(of:), decode: { try FindingRows.decode($0, asked: $1) },
            rowCount: \.rowsRead
        ) { part in
            result.findings.merge(part.findings) { $0 + $1 }
            result.cves.merge(part.cves) { first, _ in first }
            result.rowsRead += part.rowsRead
            result.skipped += part.skipped
        }
        return result
    }

    /// Asks for the machines in parts, each halved until its answer is complete, and hands over the complete answers in
    /// the order of the machines.
    private func hunt<Rows: Sendable>(
        _ ids: [MachineID], query: (ArraySlice<MachineID>) -> String,
        decode: @escaping @Sendable ([UInt8], AskedMachines) throws -> Rows, rowCount: (Rows) -> Int,
        take: (Rows) -> Void
    ) async throws {
        let ids = AskedMachines(ids).ids[...]
        // A stack: the last part is asked for next.
        var parts = stride(from: 0, to: ids.count, by: DefenderClient.machinesPerQueryMax).reversed().map { start in
            ids[start..<min(start + DefenderClient.machinesPerQueryMax, ids.count)]
        }
        while let part = parts.popLast() {
            let rows = try await run(query(part), asked: AskedMachines(Array(part)), decode: decode)
            if let rows, rowCount(rows) < settings.huntingRowLimit {
                take(rows)
                continue
            }
            if part.count == 1, let machine = part.first {
                throw DefenderError(operation: DefenderClient.huntingOperation, reason: .tooManyRows(machine))
            }
            let middle = part.startIndex + part.count / 2
            parts.append(part[middle...])
            parts.append(part[..<middle])
        }
    }

    private static let huntingOperation = "POST /api/advancedqueries/run"

    /// `nil` where Defender says that the answer would be too large.
    private func run<Rows: Sendable>(
        _ query: String, asked: AskedMachines, decode: @escaping @Sendable ([UInt8], AskedMachines) throws -> Rows
    ) async throws -> Rows? {
        let call = DefenderCall.post(
            .hunting, DefenderClient.huntingOperation, url: "\(baseURL)/api/advancedqueries/run",
            json: HuntingQuery.body(query))
        do {
            switch try await transport.perform(call, decode: { try decode($0, asked) }) {
            case .value(let rows): return rows
            case .notFound:
                throw DefenderError(
                    operation: call.operation,
                    reason: .malformedAnswer("not found; Microsoft retires this API after 2027-02-01"))
            }
        } catch let error as DefenderError where error.reason == .resultTooLarge {
            return nil
        }
    }
}
