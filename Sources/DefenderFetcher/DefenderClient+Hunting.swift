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

    public func findings(of ids: [MachineID], texts: Bool) async throws -> FindingsAnswer {
        var result = FindingsAnswer()
        try await hunt(
            ids, query: { HuntingQuery.findings(of: $0, texts: texts) },
            decode: { try FindingRows.decode($0, asked: $1) }, rowCount: \.rowsRead
        ) { part in
            // Nearly always there is one part.
            if result.rowsRead == 0, result.skipped.isEmpty { return result = part }
            result.findings.merge(part.findings) { $0 + $1 }
            result.cves.merge(part.cves) { first, _ in first }
            result.rowsRead += part.rowsRead
            result.skipped += part.skipped
        }
        return result
    }

    public func logons(of ids: [MachineID]) async throws -> LogonsAnswer {
        var result = LogonsAnswer()
        try await hunt(
            ids, query: HuntingQuery.logons(of:), decode: { try LogonRows.decode($0, asked: $1) }, rowCount: \.rowsRead
        ) { part in
            result.users.merge(part.users) { $0 + $1 }
            result.rowsRead += part.rowsRead
            result.skipped += part.skipped
        }
        return result
    }

    public func descriptions(of cves: [String]) async throws -> [String: String]? {
        guard cves.allSatisfy(HuntingQuery.isPlainCVE) else { return nil }
        var texts: [String: String] = [:]
        do {
            try await inParts(
                cves, partMax: HuntingQuery.cvesMax,
                ask: { part in
                    try await run(HuntingQuery.descriptions(of: part)) { try DescriptionRows.decode($0) }
                }, rowCount: \.rowsRead, tooLarge: { _ in .resultTooLarge }
            ) { texts.merge($0.texts) { first, _ in first } }
        } catch let error as DefenderError where error.reason == .rejected {
            return nil
        }
        return texts
    }

    /// Asks for the machines in parts, each halved until its answer is complete, and hands over the complete answers in
    /// the order of the machines.
    private func hunt<Rows: Sendable>(
        _ ids: [MachineID], query: (ArraySlice<MachineID>) -> String,
        decode: @escaping @Sendable ([UInt8], AskedMachines) throws -> Rows, rowCount: (Rows) -> Int,
        take: (Rows) -> Void
    ) async throws {
        try await inParts(
            AskedMachines(ids).ids, partMax: DefenderClient.machinesPerQueryMax,
            ask: { part in
                let asked = AskedMachines(Array(part))
                do {
                    return try await run(query(part)) { try decode($0, asked) }
                } catch let error as DefenderError where error.reason == .rejected && part.count > 1 {
                    // Defender documents no words for an answer that would be too large. What it refuses for another
                    // reason it refuses for one machine too.
                    return nil
                }
            }, rowCount: rowCount, tooLarge: { .tooManyRows($0) }, take: take)
    }

    /// - Parameters:
    ///   - ask: returns `nil` where the answer would be too large.
    ///   - tooLarge: what it means that one element alone has too large an answer.
    private func inParts<Element, Rows: Sendable>(
        _ elements: [Element], partMax: Int, ask: (ArraySlice<Element>) async throws -> Rows?, rowCount: (Rows) -> Int,
        tooLarge: (Element) -> DefenderError.Reason, take: (Rows) -> Void
    ) async throws {
        // A stack: the last part is asked for next.
        var parts = stride(from: 0, to: elements.count, by: partMax).reversed().map { start in
            elements[start..<min(start + partMax, elements.count)]
        }
        while let part = parts.popLast() {
            if let rows = try await ask(part), rowCount(rows) < settings.huntingRowLimit {
                take(rows)
                continue
            }
            if part.count == 1, let element = part.first {
                throw DefenderError(operation: settings.huntingAPI.operation, reason: tooLarge(element))
            }
            let middle = part.startIndex + part.count / 2
            parts.append(part[middle...])
            parts.append(part[..<middle])
        }
    }

    /// `nil` where Defender says that the answer would be too large.
    private func run<Rows: Sendable>(
        _ query: String, decode: @escaping @Sendable ([UInt8]) throws -> Rows
    ) async throws -> Rows? {
        let call = DefenderCall.hunting(
            settings.huntingAPI, baseURL: huntingBaseURL, json: HuntingQuery.body(query))
        do {
            switch try await transport.perform(call, decode: decode) {
            case .value(let rows): return rows
            case .notFound:
                throw DefenderError(
                    operation: call.operation,
                    reason: .malformedAnswer("not found\(settings.huntingAPI.retirementHint)"))
            }
        } catch let error as DefenderError where error.reason == .resultTooLarge {
            return nil
        }
    }
}
