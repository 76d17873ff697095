import MicroHTTP
import Threading

/// Microsoft's login and Defender API over an estate, as strict as the services are.
///
/// Use `handle` as an `HTTPHandler`. Paths: `/{tenant}/oauth2/v2.0/token`, `/api/...`, `/api/v1.0/...`, and of Microsoft
/// Graph `/v1.0/security/runHuntingQuery`.
public final class DefenderSimulator: Sendable {
    public let estate: Estate
    public let faults: FaultPlan
    public let counters = EndpointCounters()
    let options: SandboxOptions
    private let tokens: TokenService
    private let windows: Locked<[String: CallWindow]>
    private let queries = Locked<UInt64>(0)
    let exportWalks = ExportWalks()

    public init(estate: Estate, options: SandboxOptions, faults: FaultPlan = FaultPlan()) {
        self.estate = estate
        self.options = options
        self.faults = faults
        tokens = TokenService(options: options, now: { estate.now })
        windows = Locked([
            "machines": CallWindow(perMinute: 100, perHour: 1500),
            "logonusers": CallWindow(perMinute: 100, perHour: 1500),
            "alerts": CallWindow(perMinute: 100, perHour: 1500), "hunting": CallWindow(perMinute: 45, perHour: 1500),
            "vulnerabilityexport": CallWindow(perMinute: 30, perHour: 1000),
            "vulnerabilitychanges": CallWindow(perMinute: 30, perHour: 1000),
            "vulnerabilities": CallWindow(perMinute: 100, perHour: 1500),
        ])
    }

    /// Refuses every token given so far, as when the application's secret was revoked.
    public func revokeTokens() {
        tokens.revokeAll()
    }

    /// Answers one request.
    @Sendable public func handle(_ request: HTTPRequest) throws -> HTTPResponse {
        let segments = RequestPath.segments(request.path)
        if segments.first == "_sandbox" { return control(segments.dropFirst().joined(separator: "/"), request) }
        if segments.count == 4, segments[1...] == ["oauth2", "v2.0", "token"] {
            return try respond(
                to: request, endpoint: "token",
                error: { [tokens] status, echo in
                    guard status < 500, status != 408, status != 429 else {
                        return tokens.refuse(
                            "temporarily_unavailable", 90033, "A transient error has occurred." + echo, status: status)
                    }
                    return tokens.refuse(
                        "invalid_client", 7_000_215, "Invalid client secret provided." + echo, status: status)
                }
            ) { [tokens] request, _ in tokens.answer(tenant: segments[0], request) }
        }
        if segments == ["v1.0", "security", "runHuntingQuery"] {
            return try api(request, "hunting", "POST", audience: .graph) {
                [self] request, fault throws(DefenderError) in
                try hunt(request, form: .graph, fault)
            }
        }
        var path = segments[...]
        guard path.popFirst() == "api" else { return DefenderError(status: 404).response }
        if path.first == "v1.0" { path.removeFirst() }
        switch path.count {
        case 1 where path.first == "machines": return try api(request, "machines", "GET", machines)
        case 1 where path.first == "alerts": return try api(request, "alerts", "GET", alerts)
        case 1 where path.first == "vulnerabilities": return try api(request, "vulnerabilities", "GET", cves)
        case 2 where path == ["machines", "SoftwareVulnerabilitiesByMachine"]:
            return try api(request, "vulnerabilityexport", "GET", exportedVulnerabilities)
        case 2 where path == ["machines", "SoftwareVulnerabilityChangesByMachine"]:
            return try api(request, "vulnerabilitychanges", "GET", vulnerabilityChanges)
        case 2 where path == ["advancedqueries", "run"]:
            return try api(request, "hunting", "POST") { [self] request, fault throws(DefenderError) in
                try hunt(request, form: .defender, fault)
            }
        case 3 where path.first == "machines" && path.last == "logonusers":
            let id = path[path.startIndex + 1]
            return try api(request, "logonusers", "GET") { [self] request, _ throws(DefenderError) in
                try logonUsers(of: id, request)
            }
        default: return DefenderError(404, "NotFound", "No resource at \(request.path).").response
        }
    }

    // MARK: Around every call

    private func api(
        _ request: HTTPRequest, _ endpoint: String, _ method: String, audience: TokenService.Audience = .defender,
        _ work: @escaping @Sendable (HTTPRequest, Fault.Kind?) throws(DefenderError) -> HTTPResponse
    ) throws -> HTTPResponse {
        try respond(to: request, endpoint: endpoint, error: { DefenderError(status: $0).adding($1).response }) {
            [self] request, fault in
            do throws(DefenderError) {
                guard request.method == method else {
                    throw DefenderError(405, "MethodNotAllowed", "The method \(request.method) is not allowed.")
                }
                if fault == .expireTokens { tokens.revokeAll() }
                try authorize(request, for: audience)
                try AppRoles.check(endpoint, options)
                try takeCall(endpoint)
                return try work(request, fault)
            } catch {
                if error.status == 429 { counters.countThrottled(endpoint) }
                return error.response
            }
        }
    }

    private func respond(
        to request: HTTPRequest, endpoint: String, error: (Int, String) -> HTTPResponse,
        answer: @escaping @Sendable (HTTPRequest, Fault.Kind?) throws -> HTTPResponse
    ) throws -> HTTPResponse {
        counters.countCall(endpoint)
        let response = try FaultyEndpoint.respond(
            to: request, plan: faults, endpoint: endpoint, error: error, answer: answer)
        counters.countAnswer(endpoint, response)
        return response
    }

    private func authorize(_ request: HTTPRequest, for audience: TokenService.Audience) throws(DefenderError) {
        let parts = (request.headers["Authorization"] ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw DefenderError(401, "Unauthorized", "Missing authorization header.")
        }
        switch tokens.check(String(parts[1]), for: audience) {
        case .valid: return
        case .expired: throw DefenderError(401, "Unauthorized", "The token is expired.")
        case .unknown: throw DefenderError(401, "Unauthorized", "The token is not valid.")
        }
    }

    private func takeCall(_ endpoint: String) throws(DefenderError) {
        guard options.enforcesRateLimits else { return }
        let now = estate.now.milliseconds
        guard let refused = windows.withLock({ $0[endpoint]?.take(at: now) }) else { return }
        throw DefenderError(
            429, "TooManyRequests", "Maximum number of calls exceeded: \(refused.limit).",
            retryAfterSeconds: refused.retryAfter)
    }

    // MARK: Calls

    private func machines(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(DefenderError) -> HTTPResponse {
        let query = try ListQuery(request, properties: FilterProperties.machine)
        let state = estate.snapshot()
        var matching = state.machines
        if let filter = query.filter {
            matching = matching.filter { machine in filter.matches { FilterProperties.value($0, of: machine) } }
        }
        return try page(matching, query, request, fault, path: "machines") { machine, writer in
            DefenderJSON.write(machine, rows: state.networkRows(of: machine), to: &writer)
        }
    }

    private func alerts(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(DefenderError) -> HTTPResponse {
        let query = try ListQuery(request, properties: FilterProperties.alert)
        var matching = estate.snapshot().alerts
        if let filter = query.filter {
            matching = matching.filter { alert in filter.matches { FilterProperties.value($0, of: alert) } }
        }
        return try page(matching, query, request, fault, path: "alerts") { DefenderJSON.write($0, to: &$1) }
    }

    func page<Element>(
        _ matching: [Element], _ query: ListQuery, _ request: HTTPRequest, _ fault: Fault.Kind?, path: String,
        write: (Element, inout JSONWriter) -> Void
    ) throws(DefenderError) -> HTTPResponse {
        if matching.isEmpty, options.emptyListIsNotFound {
            throw DefenderError(404, "ResourceNotFound", "No \(path) were found.")
        }
        let length = min(query.top ?? query.topMax, options.pageMaximum)
        let skip = fault == .duplicatePage ? max(0, query.skip - length) : query.skip
        let page = fault == .missingPage ? [] : matching.dropFirst(skip).prefix(length)
        let link = nextLink(fault, host: Self.host(request), path: "/api/\(path)")
        let hasMore = fault != .missingPage && (query.skip + page.count < matching.count || link.isForced)
        counters.countRows(path, page.count)
        var writer = JSONWriter(capacity: 256 + page.count * 1400)
        writer.object { writer in
            writer.member("@odata.context", "https://\(Self.host(request))/api/$metadata#\(path)")
            writer.key("value")
            writer.array { writer in for element in page { write(element, &writer) } }
            if let link = link.value.text(after: query, pageCount: page.count, hasMore: hasMore) {
                writer.member("@odata.nextLink", link)
            }
        }
        return SandboxAnswer.json(200, writer.bytes)
    }

    /// - Returns: the link, and whether a fault demands one even on the last page.
    private func nextLink(_ fault: Fault.Kind?, host: String, path: String) -> (value: NextLink, isForced: Bool) {
        switch fault {
        case .nextLinkLoops: (NextLink(mode: .looping, host: host, path: path), true)
        case .nextLinkElsewhere: (NextLink(mode: .foreignHost, host: host, path: path), true)
        default: (NextLink(mode: options.nextLinks, host: host, path: path), false)
        }
    }

    static func host(_ request: HTTPRequest) -> String {
        request.headers["Host"] ?? "localhost"
    }

    private func logonUsers(of id: String, _ request: HTTPRequest) throws(DefenderError) -> HTTPResponse {
        guard request.query.isEmpty else {
            throw DefenderError(400, "BadRequest", "The query parameter '\(request.query[0].name)' is not supported.")
        }
        let state = estate.snapshot()
        guard let machine = state.machine(id: id) else {
            throw DefenderError(404, "ResourceNotFound", "Machine \(id) was not found.")
        }
        let users = state.users(of: machine)
        counters.countRows("logonusers", users.count)
        var writer = JSONWriter(capacity: 256 + users.count * 300)
        writer.object { writer in
            writer.member("@odata.context", "https://\(Self.host(request))/api/$metadata#Users")
            writer.key("value")
            writer.array { writer in for user in users { DefenderJSON.write(user, machine: machine, to: &writer) } }
        }
        return SandboxAnswer.json(200, writer.bytes)
    }

    private func hunt(
        _ request: HTTPRequest, form: HuntingAnswer.Form, _ fault: Fault.Kind?
    ) throws(DefenderError) -> HTTPResponse {
        let type = request.headers["Content-Type"]?.split(separator: ";").first.map(String.init) ?? ""
        guard type.lowercased() == "application/json" else {
            throw DefenderError(400, "InvalidRequestBody", "The request's content type must be application/json.")
        }
        guard let body = try? JSONParser.parse(request.body), let members = body.objectValue else {
            throw DefenderError(400, "InvalidRequestBody", "The request body is not a JSON object.")
        }
        let names = Set(members.map(\.name)).subtracting(form == .graph ? ["Timespan"] : [])
        guard names == ["Query"], let text = members.first(where: { $0.name == "Query" })?.value.stringValue else {
            throw DefenderError(400, "InvalidRequestBody", "The request body must hold 'Query' alone, a string.")
        }
        let state = estate.snapshot()
        let number = queries.withLock { count in
            count += 1
            return count
        }
        do throws(HuntingError) {
            let query = try KQLParser.parse(text, now: state.now)
            var executor = HuntingExecutor(state: state, random: SplitMix64(seed: state.seed, 0x80, number))
            var rowLimit = options.huntingRowLimit
            if case .cutRows(let rows) = fault { rowLimit = min(rowLimit, rows) }
            let relation = try executor.run(query, rowLimit: rowLimit)
            guard fault != .resultTooLarge,
                let bytes = HuntingAnswer.write(relation, form: form, bytesMax: options.huntingBytesMaximum)
            else {
                throw HuntingError("Query execution has exceeded the allowed result size. Optimize your query.")
            }
            counters.countRows("hunting", relation.rows.count)
            return SandboxAnswer.json(200, bytes)
        } catch {
            throw DefenderError(400, "BadRequest", error.message)
        }
    }
}
