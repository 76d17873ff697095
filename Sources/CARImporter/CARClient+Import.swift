import ConnectorCore
import OutboundHTTP

extension CARClient {
    /// Sends `objects` in envelopes, several at a time, and returns when CAR has confirmed each of them. Should vertices
    /// and edges come together, the edges are sent once every vertex is confirmed.
    @discardableResult
    public func importObjects(_ objects: GraphObjects, report: RunIdentity) async throws -> Int {
        if objects.vertices.isEmpty || objects.edges.isEmpty {
            return try await importUnordered(objects, report: report)
        }
        let vertices = try await importUnordered(GraphObjects(vertices: objects.vertices), report: report)
        return try await vertices + importUnordered(GraphObjects(edges: objects.edges), report: report)
    }

    private func importUnordered(_ objects: GraphObjects, report: RunIdentity) async throws -> Int {
        let source = EnvelopeSource(objects, settings: settings, run: report)
        let envelopes = objects.count / max(1, settings.objectsPerEnvelopeMax) + 1
        return try await withThrowingTaskGroup(of: Int.self) { group in
            // Each task takes a permit before an envelope, so that an envelope is only written when it may be sent.
            for _ in 0..<min(envelopes, max(1, settings.unconfirmedImportsMax)) {
                group.addTask {
                    var confirmed = 0
                    while let objects = try await self.importNext(of: source) { confirmed += objects }
                    return confirmed
                }
            }
            // The first failure ends the group, which cancels the other tasks.
            return try await group.reduce(0, +)
        }
    }

    /// - Returns: the number of objects, `nil` when there is no further envelope.
    private func importNext(of source: EnvelopeSource) async throws -> Int? {
        try await imports.with {
            guard let envelope = await source.next() else { return nil }
            let id = try await self.post(envelope.body)
            try await self.confirmer.confirmation(of: id)
            return envelope.objects
        }
    }

    private func post(_ body: [UInt8]) async throws -> String {
        let operation = "POST imports"
        let request = calls.request(.post, "/imports", label: "imports", body: body)
        let receipt = try await calls.answer(ImportReceipt.self, to: request, operation: operation)
        guard !receipt.id.isEmpty, receipt.id.utf8.count <= 500 else {
            throw CARError(
                operation: operation, reason: .malformedReply, detail: "the import's id is empty or too long")
        }
        return receipt.id
    }
}
