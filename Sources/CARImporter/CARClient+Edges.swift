import ConnectorCore
import OutboundHTTP

extension CARClient {
    @discardableResult
    public func disable(_ edge: Edge) async throws -> Bool {
        var body = JSONBytes()
        body.raw("{\"active\":false}")
        return try await patch(edge, body)
    }

    @discardableResult
    public func touch(_ edge: Edge, lastModified: Timestamp) async throws -> Bool {
        var body = JSONBytes()
        body.raw("{\"last_modified\":")
        body.integer(lastModified.milliseconds)
        body.raw("}")
        return try await patch(edge, body)
    }

    /// Deletes by lists, each as long as a URL may be. CAR answers 404 where it does not have what a list names; as that
    /// may be said of one of many, such a list is halved until only what is missing is passed over.
    public func delete(_ collection: VertexCollection, keys: [String]) async throws {
        let parameter = collection.isKeyed ? "keys" : "external_ids"
        let path = "/source/\(URLEncoding.encode(settings.source))/\(collection.rawValue)?\(parameter)="
        for list in IDLists.urls(prefix: settings.baseURL + path, ids: keys) {
            try await delete(url: list.url, ids: list.ids, prefix: settings.baseURL + path)
        }
    }

    private func delete(url: String, ids: [String], prefix: String) async throws {
        let operation = "DELETE source"
        let request = calls.request(.delete, url: url, label: "delete")
        let response = try await sendAskingTwice(request, operation: operation)
        guard response.status == 404 else { return try calls.requireWholeSuccess(response, operation: operation) }
        guard ids.count > 1 else { return }
        for half in [ids.prefix(ids.count / 2), ids.dropFirst(ids.count / 2)] {
            for list in IDLists.urls(prefix: prefix, ids: Array(half)) {
                try await delete(url: list.url, ids: list.ids, prefix: prefix)
            }
        }
    }

    private func patch(_ edge: Edge, _ body: JSONBytes) async throws -> Bool {
        let operation = "PATCH \(edge.kind.rawValue)"
        // Keyed ends go by their bare key here, unlike in an import.
        let query =
            "source=\(URLEncoding.encode(settings.source))&from=\(URLEncoding.encode(edge.from))"
            + "&to=\(URLEncoding.encode(edge.to))"
        let request = calls.request(.patch, "/\(edge.kind.rawValue)?\(query)", label: "edges", body: body.bytes)
        let holdsNUL = edge.from.utf8.contains(0) || edge.to.utf8.contains(0)
        guard request.url.utf8.count <= OutboundRequest.urlBytesMax, !holdsNUL else {
            throw CARError(operation: operation, reason: .unaddressableKey)
        }
        let response = try await sendAskingTwice(request, operation: operation)
        if response.status == 404 { return false }
        try calls.requireWholeSuccess(response, operation: operation)
        return true
    }

    /// A 404 means that there is nothing to change: believed when it is said twice, because an edge or vertex passed over
    /// by mistake would stay for good.
    private func sendAskingTwice(_ request: OutboundRequest, operation: String) async throws -> OutboundResponse {
        let response = try await patches.with { try await self.calls.send(request, operation: operation) }
        guard response.status == 404 else { return response }
        return try await patches.with { try await self.calls.send(request, operation: operation) }
    }
}
