import ConnectorCore
import MicroHTTP

extension ControlAPI {
    func addConnectionRoutes(to router: inout Router) {
        router.on("GET", "/v1/connections", guarded(.read, listConnections))
        router.on("GET", "/v1/connections/{name}", guarded(.read, showConnection))
        router.on("POST", "/v1/connections/{name}/check", guarded(.operate, check))
    }

    private func listConnections(_ request: HTTPRequest) throws -> HTTPResponse {
        try QueryParameters.refuseAll(of: request)
        return .json(200, .object(["connections": .array(try dependencies.connections.map(view))]))
    }

    private func showConnection(_ request: HTTPRequest) throws -> HTTPResponse {
        try QueryParameters.refuseAll(of: request)
        return .json(200, try view(named(request)))
    }

    private func named(_ request: HTTPRequest) throws -> ConnectionInfo {
        guard let info = connection(request.pathParameters["name"] ?? "") else { throw Refusal.unknownConnection }
        return info
    }

    private func view(_ info: ConnectionInfo) throws -> JSONValue {
        ConnectionView.json(
            info, try dependencies.store.connectionSummary(info.name),
            nextScheduled: dependencies.queue.nextScheduled(for: info.name), budgets: dependencies.budgets(info.name))
    }

    /// Answers when the check has ended or its time is up, whichever is first.
    private func check(_ request: HTTPRequest) throws -> HTTPResponse {
        try QueryParameters.refuseAll(of: request)
        let name = try named(request).name
        var body = try RequestBody(request)
        try body.finish(known: [])
        guard let run = dependencies.check else { throw Refusal.checkUnavailable }
        let slots = checks
        let limit = Duration.seconds(dependencies.limits.checkSeconds)
        return HTTPResponse(
            status: 200,
            body: .deferred { responder in
                guard slots.take() else { return responder.respond(Refusal.tooManyChecks.response) }
                let work = Task {
                    let results = await run(name)
                    slots.giveBack()
                    responder.respond(.json(200, ConnectionView.checks(name, results)))
                }
                Task {
                    // Ends early only if this task is cancelled, which nobody does.
                    try? await Task.sleep(for: limit)
                    // The first answer counts: nothing happens after a check that was in time.
                    responder.respond(Refusal.checkTimedOut.response)
                    work.cancel()
                }
            })
    }
}
