import ConnectorCore
import MicroHTTP

extension ControlAPI {
    static let waitSecondsMax = 60

    func addJobRoutes(to router: inout Router) {
        router.on("GET", "/v1/jobs", guarded(.read, list))
        router.on("GET", "/v1/jobs/{id}", guarded(.read, show))
        router.on("POST", "/v1/jobs/{id}/cancel", guarded(.operate, cancel))
        router.on("GET", "/v1/jobs/{id}/events", guarded(.read, events))
        router.on("GET", "/v1/jobs/{id}/report", guarded(.read, report))
    }

    private func job(of request: HTTPRequest) throws -> Job {
        guard let id = JobID(request.pathParameters["id"] ?? ""), let job = try dependencies.store.job(id) else {
            throw Refusal.unknownJob
        }
        return job
    }

    private func list(_ request: HTTPRequest) throws -> HTTPResponse {
        var parameters = QueryParameters(request)
        var query = JobQuery(
            connection: parameters.text("connection"), kind: parameters.choice("kind", of: JobKind.self),
            state: parameters.choice("state", of: JobState.self), limit: parameters.integer("limit", in: 1...200) ?? 50)
        if let cursor = parameters.text("cursor") {
            query.before = PageCursor.job(cursor)
            if query.before == nil { parameters.reject("cursor", "not a cursor of this service") }
        }
        try parameters.finish()
        let page = try dependencies.store.jobs(query)
        let next = page.next.map(PageCursor.text)
        var headers: HTTPHeaders = [:]
        if let next { headers["Link"] = "<\(Self.link(to: query, cursor: next))>; rel=\"next\"" }
        return .json(
            200, .object(["jobs": .array(page.jobs.map(JobView.json)), "nextCursor": JSONValue(next)]), headers: headers
        )
    }

    private static func link(to query: JobQuery, cursor: String) -> String {
        let parameters = [
            ("connection", query.connection), ("kind", query.kind?.rawValue), ("state", query.state?.rawValue),
            ("limit", String(query.limit)), ("cursor", cursor),
        ]
        let parts = parameters.compactMap { name, value in value.map { "\(name)=\(URLText.encoded($0))" } }
        return "/v1/jobs?" + parts.joined(separator: "&")
    }

    /// The job; for a client that has this version already, 304, after waiting for a change if it asks to.
    private func show(_ request: HTTPRequest) throws -> HTTPResponse {
        let field = request.headers.list("If-None-Match")
        guard field == nil, request.query.isEmpty else { return try showIfChanged(request, since: field) }
        let revision = dependencies.store.revision
        let id = request.pathParameters["id"] ?? ""
        if let known = shownJobs.answer(of: id, at: revision) { return known }
        let answer = Self.shown(try job(of: request))
        shownJobs.keep(answer, of: id, at: revision)
        return answer
    }

    private func showIfChanged(_ request: HTTPRequest, since field: String?) throws -> HTTPResponse {
        var parameters = QueryParameters(request)
        let seconds = parameters.integer("wait", in: 0...Self.waitSecondsMax) ?? 0
        try parameters.finish()
        let job = try job(of: request)
        guard let field, EntityTags(field).contain(JobView.entityTag(job)) else {
            return Self.shown(job)
        }
        // A job that has ended does not change: no use in waiting.
        guard seconds > 0, !job.state.isFinal, request.method == "GET" else { return Self.notModified(job) }
        let (watch, storeHealth) = (watch, storeHealth)
        return HTTPResponse(
            status: 200,
            body: .deferred { responder in
                let accepted = watch.wait(
                    for: job.id, changedFrom: job.version, seconds: seconds, isDeserted: { responder.isDeserted }
                ) { result in
                    switch result {
                    case .success(let changed): responder.respond(changed.map(Self.shown) ?? Self.notModified(job))
                    case .failure(let failure as any ClassifiedFailure):
                        storeHealth.failed(failure.jobFailure.message)
                        responder.respond(Refusal.storeUnavailable(failure.jobFailure.message).response)
                    case .failure: responder.respond(ProblemDocument.internalError.response())
                    }
                }
                if !accepted { responder.respond(Refusal.tooManyWaiters.response) }
            })
    }

    private static func shown(_ job: Job) -> HTTPResponse {
        .json(200, JobView.json(job), headers: ["ETag": JobView.entityTag(job)])
    }

    private static func notModified(_ job: Job) -> HTTPResponse {
        HTTPResponse(status: 304, headers: ["ETag": JobView.entityTag(job), "Cache-Control": "no-store"])
    }

    private func cancel(_ request: HTTPRequest) throws -> HTTPResponse {
        try QueryParameters.refuseAll(of: request)
        var body = try RequestBody(request)
        try body.finish(known: [])
        guard let id = JobID(request.pathParameters["id"] ?? "") else { throw Refusal.unknownJob }
        switch try dependencies.store.requestCancel(id, now: dependencies.clock()) {
        case .accepted(let job):
            if job.state == .cancelling { dependencies.queue.cancelRunning(id) }
            return Self.accepted(job)
        case .alreadyEnded: throw Refusal.jobEnded
        case .unknown: throw Refusal.unknownJob
        }
    }

    private func events(_ request: HTTPRequest) throws -> HTTPResponse {
        try QueryParameters.refuseAll(of: request)
        let job = try job(of: request)
        // One that the job has not come to yet is not of this job.
        let lastSeen = request.headers["Last-Event-ID"].flatMap { Int64($0) }.flatMap { $0 <= job.version ? $0 : nil }
        // 204 tells a browser's EventSource not to come back: it has seen how the job ended.
        if job.state.isFinal, lastSeen == job.version { return HTTPResponse(status: 204) }
        let headers: HTTPHeaders = [
            "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
            "X-Accel-Buffering": "no",
        ]
        if request.method == "HEAD" { return HTTPResponse(status: 200, headers: headers) }
        guard watch.makeRoomForStream() else { throw Refusal.tooManyStreams }
        let watch = watch
        return HTTPResponse(
            status: 200, headers: headers, body: .stream { watch.stream(job.id, lastSeen: lastSeen, into: $0) })
    }

    private func report(_ request: HTTPRequest) throws -> HTTPResponse {
        var parameters = QueryParameters(request)
        let named = parameters.integer("skipped", in: 0...ImportReport.skippedNamedMax)
        try parameters.finish()
        let job = try job(of: request)
        guard var report = try dependencies.store.report(of: job.id) else { throw Refusal.noReport }
        if let named { report.skipped = Array(report.skipped.prefix(named)) }
        switch AcceptedTypes(request.headers.list("Accept")).best(of: ["application/json", "text/markdown"]) {
        case "application/json": return .json(200, ReportView.json(report, of: job), headers: ["Vary": "Accept"])
        case "text/markdown":
            return HTTPResponse(
                status: 200, contentType: "text/markdown; charset=utf-8", text: ReportMarkdown.text(report, of: job),
                headers: ["Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"])
        default: throw Refusal.notAcceptable
        }
    }
}
