import ConnectorCore
import MicroHTTP

extension ControlAPI {
    func addImportRoutes(to router: inout Router) {
        for kind in JobKind.allCases {
            router.on("POST", "/v1/imports/\(kind.rawValue)", guarded(.operate) { try trigger(kind, $0) })
        }
    }

    /// Stores the request, or finds the queued run that satisfies it; either way the answer is 202 and the job.
    private func trigger(_ kind: JobKind, _ request: HTTPRequest) throws -> HTTPResponse {
        try QueryParameters.refuseAll(of: request)
        var body = try RequestBody(request)
        let options = JobOptions(alerts: body.bool("alerts"), vulnerabilities: body.bool("vulnerabilities"))
        let connection = connectionName(&body)
        try body.finish(known: ["connection", "alerts", "vulnerabilities"])
        let key = try IdempotencyKey.read(request)
        // Asked last: a bad request is told so even while the service stops.
        if dependencies.queue.isDraining { throw Refusal.draining }
        let outcome = try dependencies.store.enqueue(
            JobRequest(kind: kind, connection: connection, trigger: .api, options: options, idempotencyKey: key),
            now: dependencies.clock())
        switch outcome {
        case .created(let job):
            dependencies.queue.wake()
            return Self.accepted(job)
        case .existing(let job): return Self.accepted(job)
        case .idempotencyConflict: throw Refusal.idempotencyKeyReused
        }
    }

    /// The connection that the body names, or the only one there is. Empty where neither holds; the body then carries
    /// the error.
    private func connectionName(_ body: inout RequestBody) -> String {
        let names = dependencies.connections.map(\.name)
        let isGiven = body.has("connection")
        if let name = body.string("connection") {
            if !names.contains(name) {
                body.reject("connection", "not configured; configured: \(names.joined(separator: ", "))")
            }
            return name
        }
        if !isGiven {
            if names.count == 1 { return names[0] }
            body.reject("connection", "needed, since several are configured: \(names.joined(separator: ", "))")
        }
        return ""
    }

    static func accepted(_ job: Job) -> HTTPResponse {
        .json(
            202, JobView.json(job),
            headers: [
                "Location": JobView.path(of: job.id), "Retry-After": "2", "ETag": JobView.entityTag(job),
            ])
    }
}
