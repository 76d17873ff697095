import ConnectorCore
import OutboundHTTP

extension DefenderClient {
    static let exportPath = "/api/machines/SoftwareVulnerabilitiesByMachine"
    static let changesPath = "/api/machines/SoftwareVulnerabilityChangesByMachine"
    static let cvesPath = "/api/vulnerabilities"
    /// Microsoft's limit of `pageSize`.
    static let exportPageMax = 200_000

    public func vulnerabilities(after continuation: String?, pageSize: Int) async throws -> VulnerabilityPage? {
        try await exportPage(
            Self.exportPath, [], continuation, pageSize
        ) { try VulnerabilityRows.decode($0) }
    }

    public func vulnerabilityChanges(
        since: Timestamp, after continuation: String?, pageSize: Int
    ) async throws -> VulnerabilityChangePage? {
        try await exportPage(
            Self.changesPath, ["sinceTime=\(URLEncoding.encode(since.iso8601))"], continuation, pageSize
        ) { try VulnerabilityChangeRows.decode($0) }
    }

    public func cves(_ selection: CVESelection, skip: Int, top: Int) async throws -> RecordPage<CVE> {
        let filter: String?
        switch selection {
        case .all: filter = nil
        case .updated(let since): filter = "updatedOn ge \(since.iso8601)"
        case .ids(let ids):
            precondition(ids.count <= CVESelection.idsMax, "a filter has a bounded number of nodes")
            // Another id never reaches a filter; the list does not have it either.
            let plain = ids.filter(HuntingQuery.isPlainCVE)
            guard !plain.isEmpty else { return RecordPage(content: Records(records: []), hasNextLink: false) }
            filter = plain.map { "id eq '\($0)'" }.joined(separator: " or ")
        }
        return try await page(.vulnerabilities, Self.cvesPath, filter, skip, top) { try CVEPage.decode($0) }
    }

    /// - Returns: `nil` where the continuation is refused: 400, or 404 as for a snapshot that is gone.
    private func exportPage<Page: Sendable>(
        _ path: String, _ options: [String], _ continuation: String?, _ pageSize: Int,
        decode: @escaping @Sendable ([UInt8]) throws -> Page
    ) async throws -> Page? {
        precondition((1...Self.exportPageMax).contains(pageSize), "a page has a row and no more than Defender gives")
        var options = ["pageSize=\(pageSize)"] + options
        if let continuation { options.append("$skiptoken=\(URLEncoding.encode(continuation))") }
        let call = DefenderCall.export("GET \(path)", url: "\(baseURL)\(path)?\(options.joined(separator: "&"))")
        do {
            switch try await transport.perform(call, decode: decode) {
            case .value(let page): return page
            case .notFound where continuation != nil: return nil
            case .notFound:
                throw DefenderError(operation: call.operation, reason: .malformedAnswer("not found"))
            }
        } catch let error as DefenderError where error.reason == .rejected && continuation != nil {
            return nil
        }
    }
}
