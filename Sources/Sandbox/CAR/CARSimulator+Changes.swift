import MicroHTTP

/// Patches of edges, deletions, and the sandbox's own paths.
extension CARSimulator {
    func patchEdge(_ kind: String, _ request: HTTPRequest) throws(CARError) -> HTTPResponse {
        guard let schema = CARSchema.edges[kind] else {
            throw CARError(404, "not_found", "No edge collection \(kind).")
        }
        guard let source = request.queryValue("source"), let from = request.queryValue("from"),
            let to = request.queryValue("to"), !source.isEmpty, !from.isEmpty, !to.isEmpty
        else { throw CARError.malformed("source, from, to: required") }
        let body = try object(request)
        for member in body.objectValue ?? [] where member.name != "active" && member.name != "last_modified" {
            throw CARError.malformed("\(member.name): unknown")
        }
        if let value = body["active"], value.boolValue == nil { throw CARError.malformed("active: must be a boolean") }
        if let value = body["last_modified"], let complaint = CARSchema.Rule.milliseconds.complaint(value) {
            throw CARError.malformed("last_modified: \(complaint)")
        }
        let active = body["active"]?.boolValue
        let modified = body["last_modified"]?.numberValue.map { Int64($0) }
        guard active != nil || modified != nil else { throw CARError.malformed("active or last_modified: required") }
        let isFound = state.withLock { state in
            let isFound =
                state.sources[source]?.patchEdge(schema, from: from, to: to, active: active, lastModified: modified)
                ?? false
            if isFound { state.counters.edgePatches += 1 } else { state.counters.edgePatchesNotFound += 1 }
            return isFound
        }
        guard isFound else { throw CARError(404, "not_found", "No such edge in \(kind).") }
        return SandboxAnswer.json(200, [:])
    }

    func delete(_ source: String, _ collection: String, _ request: HTTPRequest) throws(CARError) -> HTTPResponse {
        guard let schema = CARSchema.vertices[collection] else {
            throw CARError(404, "not_found", "No vertex collection \(collection).")
        }
        let parameter = schema.isKeyed ? "keys" : "external_ids"
        guard let list = request.queryValue(parameter), !list.isEmpty else {
            throw CARError.malformed("\(parameter): required for \(collection)")
        }
        let keys = list.split(separator: ",").map(String.init)
        let isKnown = state.withLock { state in
            guard state.sources[source] != nil else { return false }
            state.counters.deleteCalls += 1
            state.counters.deletedVertices += state.sources[source]?.delete(collection, keys: keys) ?? 0
            return true
        }
        guard isKnown else { throw CARError(404, "not_found", "No source \(source).") }
        return SandboxAnswer.json(200, [:])
    }

    /// `GET graph?source=NAME`, `GET counters`, and faults below `/_sandbox/`; open, since the simulators listen on loopback.
    func control(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        switch (request.method, path) {
        case ("GET", "graph"):
            guard let source = request.queryValue("source") else {
                return SandboxAnswer.json(400, ["error": "source: required"])
            }
            return SandboxAnswer.json(200, graph(source: source).json())
        case ("GET", "counters"):
            return SandboxAnswer.json(200, ["graph": counters.json, "endpoints": endpoints.json])
        case (_, "faults"): return FaultControl.answer(request, faults)
        default: return SandboxAnswer.json(404, ["error": "unknown sandbox path"])
        }
    }
}
