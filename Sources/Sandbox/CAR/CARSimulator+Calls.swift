import MicroHTTP

/// Databases, jobs, imports and save points.
extension CARSimulator {
    func databases() throws(CARError) -> HTTPResponse {
        let database = state.withLock { $0.database }
        guard database != .notSetUp else { throw CARError(400, "database_not_set_up", "The database is not set up.") }
        let collections = (Array(CARSchema.vertices.keys) + Array(CARSchema.edges.keys)).sorted()
        let all = JSONValue.array(collections.map { .string($0) })
        return SandboxAnswer.json(
            200,
            [
                "databases": [
                    [
                        "name": "sandbox", "graph_name": database == .withoutGraph ? "" : "assets",
                        "is_ready": .bool(database == .ready), "missing_collections": [],
                        "collections_without_indexes": database == .withoutIndexes ? all : [],
                        "collections": database == .withoutGraph ? [] : all,
                    ]
                ]
            ])
    }

    /// `POST /databases` makes it; `PATCH /databases` adds the graph, or the indexes.
    func setUpDatabases(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(CARError) -> HTTPResponse {
        if request.method == "POST" { return job(.database(.withoutGraph), fault) }
        let body = try object(request)
        if let graph = body["graph_name"] {
            guard graph.stringValue == "assets" else { throw CARError.malformed("graph_name: must be assets") }
            return job(.database(.withoutIndexes), fault)
        }
        guard let list = body["collections_without_indexes"]?.arrayValue, !list.isEmpty else {
            throw CARError.malformed("graph_name or collections_without_indexes: required")
        }
        return job(.database(.ready), fault)
    }

    func job(_ effect: CARState.Effect, _ fault: Fault.Kind?) -> HTTPResponse {
        let id = state.withLock { $0.startJob(effect, fails: fault == .jobFails) }
        if fault != .jobHangs { later { $0.applyJob(id) } }
        return SandboxAnswer.json(200, ["job_id": .string(id)])
    }

    func jobStatus(_ id: String) throws(CARError) -> HTTPResponse {
        let job = state.withLock { state in
            state.jobs[id]?.polls += 1
            return state.jobs[id]
        }
        guard let job else { throw CARError(404, "not_found", "No job \(id).") }
        let isOver = job.isApplied && job.polls > options.carJobPolls
        return SandboxAnswer.json(200, ["status": !isOver ? "INPROGRESS" : job.fails ? "ERROR" : "COMPLETE"])
    }

    func importObjects(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(CARError) -> HTTPResponse {
        let envelope: CAREnvelope
        do throws(CAREnvelope.Malformed) {
            envelope =
                try options.unchecked ? CAREnvelope(unreadBody: request.body) : CAREnvelope(request.body, checks: true)
        } catch {
            state.withLock { $0.counters.importsRefused += 1 }
            throw CARError.malformed(error.message)
        }
        let limit = options.unchecked ? .max : options.carUnfinishedImportsMaximum
        let accepted = state.withLock { state -> (id: String, session: UInt32)? in
            guard state.unfinished[envelope.source, default: 0] < limit else {
                state.counters.importsThrottled += 1
                return nil
            }
            return state.accept(envelope)
        }
        guard let accepted else {
            throw CARError(429, "too_many_requests", "More than \(limit) imports are not finished.")
        }
        let failsDanglingEdges = options.carFailsDanglingEdges
        switch fault {
        case .importHangs: break
        case .importFails(let status):
            later { $0.end(accepted.id, .failed(statusCode: status, error: "the import could not be applied")) }
        default:
            later {
                $0.finish(accepted.id, envelope, session: accepted.session, failsDanglingEdges: failsDanglingEdges)
            }
        }
        return SandboxAnswer.json(200, ["id": .string(accepted.id), "status": "INPROGRESS", "message": ""])
    }

    func importStatus(_ request: HTTPRequest, _ fault: Fault.Kind?) throws(CARError) -> HTTPResponse {
        if fault == .statusWithoutLists { return SandboxAnswer.json(200, [:]) }
        guard let list = request.queryValue("ids"), !list.isEmpty else { throw CARError.malformed("ids: required") }
        let ids = list.split(separator: ",").map(String.init)
        let imports = state.withLock { state in ids.map { ($0, state.imports[$0]?.status) } }
        var incomplete: [JSONValue] = []
        var failed: [JSONValue] = []
        for (id, status) in imports {
            switch status {
            case .done: continue
            case .unfinished: incomplete.append(["id": .string(id)])
            case .failed(let code, let error):
                failed.append(["id": .string(id), "error": .string(error), "statusCode": .number(Double(code))])
            case nil: failed.append(["id": .string(id), "error": "unknown import", "statusCode": 404])
            }
        }
        return SandboxAnswer.json(200, ["incomplete_imports": .array(incomplete), "error_imports": .array(failed)])
    }

    func source(_ name: String) throws(CARError) -> HTTPResponse {
        guard let id = modelStateID(source: name) else { throw CARError(404, "not_found", "No source \(name).") }
        return SandboxAnswer.json(200, ["_key": .string(name), "model_state_id": .string(id)])
    }

    func patchSource(_ request: HTTPRequest) throws(CARError) -> HTTPResponse {
        guard let name = request.queryValue("key"), !name.isEmpty else { throw CARError.malformed("key: required") }
        let body = try object(request)
        guard let members = body.objectValue, members.map(\.name) == ["model_state_id"],
            let id = members[0].value.stringValue
        else { throw CARError.malformed("model_state_id: required, a string, alone") }
        let isKnown = state.withLock { state in
            guard state.sources[name] != nil else { return false }
            state.sources[name]?.modelStateID = id
            state.counters.savePointWrites += 1
            return true
        }
        guard isKnown else { throw CARError(404, "not_found", "No source \(name).") }
        return SandboxAnswer.json(200, ["model_state_id": .string(id)])
    }

    func object(_ request: HTTPRequest) throws(CARError) -> JSONValue {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONParser.parse(request.body)
        } catch {
            throw CARError.malformed("the body is not JSON: \(error)")
        }
        guard json.objectValue != nil else { throw CARError.malformed("the body must be an object") }
        return json
    }
}
