import MicroHTTP

extension DefenderSimulator {
    private static let exportPath = "/api/machines/SoftwareVulnerabilitiesByMachine"
    private static let changesPath = "/api/machines/SoftwareVulnerabilityChangesByMachine"

    /// `GET /api/machines/SoftwareVulnerabilitiesByMachine`.
    func exportedVulnerabilities(
        _ request: HTTPRequest, _ fault: Fault.Kind?
    ) throws(DefenderError) -> HTTPResponse {
        let query = try ExportQuery(request, takesTime: false, now: estate.now)
        let place = try place(query)
        let length = min(query.top ?? query.pageSize, options.exportPageMaximum)
        let first = fault == .duplicatePage ? max(0, place.offset - length) : place.offset
        let state = place.state
        let total = state.machines.reduce(0) { $0 + ExportJSON.rowCount(of: $1, in: state) }
        return try answer(
            request, query, fault, path: Self.exportPath, endpoint: "vulnerabilityexport", place, length, total
        ) { writer in
            var position = 0
            for machine in state.machines {
                let count = ExportJSON.rowCount(of: machine, in: state)
                defer { position += count }
                guard position + count > first, position < first + length else { continue }
                for (offset, row) in ExportJSON.rows(of: machine, in: state).enumerated()
                where (first..<first + length).contains(position + offset) {
                    ExportJSON.write(row, of: machine, in: state, to: &writer)
                }
            }
        }
    }

    /// `GET /api/machines/SoftwareVulnerabilityChangesByMachine`.
    func vulnerabilityChanges(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(DefenderError) -> HTTPResponse {
        let query = try ExportQuery(request, takesTime: true, now: estate.now)
        let place = try place(query)
        let length = min(query.top ?? query.pageSize, options.exportPageMaximum)
        let first = fault == .duplicatePage ? max(0, place.offset - length) : place.offset
        let state = place.state
        let events = query.since.map { state.vulnerabilityChanges(since: $0) } ?? []
        return try answer(
            request, query, fault, path: Self.changesPath, endpoint: "vulnerabilitychanges", place, length,
            events.count
        ) { writer in
            for event in events.dropFirst(first).prefix(length) {
                ExportJSON.write(event.row, of: event.machine, in: state, event: event, to: &writer)
            }
        }
    }

    private typealias Place = (walk: Int, offset: Int, state: EstateState)

    private func place(_ query: ExportQuery) throws(DefenderError) -> Place {
        guard let token = query.skipToken else {
            let state = estate.snapshot()
            return (exportWalks.begin(state), 0, state)
        }
        guard let place = exportWalks.resolve(token) else {
            throw DefenderError(400, "InvalidInput", "The continuation token is not valid.")
        }
        return place
    }

    private func answer(
        _ request: HTTPRequest, _ query: ExportQuery, _ fault: Fault.Kind?, path: String, endpoint: String,
        _ place: Place, _ length: Int, _ total: Int, rows: (inout JSONWriter) -> Void
    ) throws(DefenderError) -> HTTPResponse {
        let isMissing = fault == .missingPage
        let count = isMissing ? 0 : max(0, min(length, total - place.offset))
        counters.countRows(endpoint, count)
        var writer = JSONWriter(capacity: 256 + count * 1200)
        writer.object { writer in
            writer.member("@odata.context", "https://\(Self.host(request))/api/$metadata#Collection(exports)")
            writer.key("value")
            writer.array { writer in if !isMissing { rows(&writer) } }
            // `$top` suppresses it.
            guard query.top == nil, !isMissing, place.offset + count < total || fault == .nextLinkLoops else { return }
            let next = fault == .nextLinkLoops ? place.offset : place.offset + count
            let host = fault == .nextLinkElsewhere ? "elsewhere.example" : Self.host(request)
            let token = NextLink.encoded(ExportWalks.token(walk: place.walk, offset: next))
            var options = "pagesize=\(query.pageSize)&$skiptoken=\(token)"
            if let since = query.since { options = "sinceTime=\(since.text)&\(options)" }
            writer.member("@odata.nextLink", "https://\(host)\(path)?\(options)")
        }
        return SandboxAnswer.json(200, writer.bytes)
    }

    /// `GET /api/vulnerabilities`.
    func cves(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(DefenderError) -> HTTPResponse {
        let query = try ListQuery(request, properties: FilterProperties.cve, topMax: 8000)
        let state = estate.snapshot()
        var matching = state.knowledgeBase()
        if let filter = query.filter {
            matching = matching.filter { cve in
                filter.matches { FilterProperties.value($0, of: cve, updated: state.updateTime(of: cve)) }
            }
        }
        return try page(matching, query, request, fault, path: "vulnerabilities") { cve, writer in
            ExportJSON.write(cve, updated: state.updateTime(of: cve), to: &writer)
        }
    }
}

extension FilterProperties {
    static let cve: [String: ODataExpression.Kind] = [
        "id": .string, "name": .string, "description": .string, "cvssV3": .number, "publishedOn": .dateTime,
        "severity": .string, "updatedOn": .dateTime,
    ]

    static func value(_ property: String, of cve: CVE, updated: EstateTime) -> ODataExpression.Literal {
        switch property {
        case "id", "name": .string(cve.id)
        case "description": cve.description.map { .string($0) } ?? .null
        case "cvssV3": if case .number(let score) = cve.score { .number(score) } else { .null }
        case "publishedOn": cve.publishedDate.map { .dateTime($0) } ?? .null
        case "severity": .string(cve.severity)
        case "updatedOn": .dateTime(updated)
        default: .null
        }
    }
}
