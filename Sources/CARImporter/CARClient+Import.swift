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
        let perEnvelope = max(1, settings.objectsPerEnvelopeMax)
        let envelopesAtLeast = max(1, (objects.count + perEnvelope - 1) / perEnvelope)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            // Each task holds one envelope at most, so memory does not depend on the number of objects.
            for _ in 0..<min(envelopesAtLeast, max(1, settings.unconfirmedImportsPerCallMax)) {
                group.addTask {
                    var confirmed = 0
                    while let envelope = await source.next() {
                        // The envelope comes before the permit: a task that has nothing left to send must not wait
                        // for a permit behind other callers.
                        try await self.imports.with { try await self.importConfirmed(envelope) }
                        confirmed += envelope.objects
                    }
                    return confirmed
                }
            }
            // The first failure ends the group, which cancels the other tasks.
            return try await group.reduce(0, +)
        }
    }

    private func importConfirmed(_ envelope: Envelope) async throws {
        do {
            let id = try await post(envelope.body)
            try await confirmer.confirmation(of: id)
            importEnded?(.confirmed)
        } catch {
            importEnded?(ImportOutcome(error))
            throw error
        }
    }

    /// Waits where CAR has as many unfinished imports as it takes, of an earlier process for example.
    private func post(_ body: [UInt8]) async throws -> String {
        var deadline: Double?
        var pause = settings.crowdedPauses.firstSeconds
        while true {
            do {
                return try await postOnce(body)
            } catch let error as CARError where error.reason == .rejected(status: 429) {
                // From the end of the first offer, which may have outlasted an outage.
                let end = deadline ?? calls.clock.now() + settings.importDeadlineSeconds
                guard calls.clock.now() + pause < end else { throw error }
                deadline = end
                try await calls.clock.sleep(pause)
                pause = settings.crowdedPauses.after(pause)
            }
        }
    }

    private func postOnce(_ body: [UInt8]) async throws -> String {
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
