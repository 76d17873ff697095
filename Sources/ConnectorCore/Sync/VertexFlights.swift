import Threading

/// Which vertices are on their way to CAR, so that one shared by many machines is sent once a run, and no edge is sent
/// before its vertices are in.
///
/// A claim lasts from the plan of a batch until its confirmation is in the ledger; memory depends on the batches in
/// flight only.
final class VertexFlights: Sendable {
    private struct Flight {
        var vertices: [VertexID] = []
        /// CVEs whose descriptions the batch reads.
        var texts: [String] = []
        var isConfirmed = false
    }

    private struct State {
        var flights: [Int: Flight] = [:]
        var owner: [VertexID: Int] = [:]
        var textReader: [String: Int] = [:]
        var waiting: [(id: Int, flights: Set<Int>, continuation: CheckedContinuation<Void, any Error>)] = []
        var nextWaiter = 0
        var failure: (any Error)?
    }

    private let state = Locked(State())

    /// Claims for `batch` the descriptions of those CVEs that no other batch is reading.
    ///
    /// - Returns: the CVEs to read, and the batches that read and send the others.
    func claimTexts(_ cves: [String], for batch: Int) -> (own: [String], others: Set<Int>) {
        state.withLock { state in
            var claim: (own: [String], others: Set<Int>) = ([], [])
            for cve in cves {
                if let reader = state.textReader[cve], reader != batch {
                    claim.others.insert(reader)
                } else {
                    state.textReader[cve] = batch
                    claim.own.append(cve)
                }
            }
            state.flights[batch, default: Flight()].texts = claim.own
            return claim
        }
    }

    /// Claims for `batch` those of `vertices` that no other batch is sending.
    func claim(_ vertices: [VertexID], for batch: Int) -> Set<VertexID> {
        state.withLock { state in
            var claimed: Set<VertexID> = []
            for vertex in vertices where state.owner[vertex] == nil {
                state.owner[vertex] = batch
                claimed.insert(vertex)
            }
            state.flights[batch, default: Flight()].vertices = Array(claimed)
            return claimed
        }
    }

    /// CAR has the vertices of the batch.
    func confirm(_ batch: Int) {
        let resumed = state.withLock { state in
            state.flights[batch]?.isConfirmed = true
            return Self.takeReady(&state)
        }
        for continuation in resumed { continuation.resume() }
    }

    /// The ledger knows that CAR has them: the claim is over.
    func release(_ batch: Int) {
        state.withLock { state in
            guard let flight = state.flights.removeValue(forKey: batch) else { return }
            for vertex in flight.vertices { state.owner[vertex] = nil }
            for cve in flight.texts { state.textReader[cve] = nil }
        }
    }

    /// A batch failed, and the run with it: nobody waits any longer.
    func fail(_ error: any Error) {
        let waiting = state.withLock { state in
            state.failure = error
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(throwing: error) }
    }

    /// Returns when CAR has every one of `vertices` that another batch is sending, and all vertices of `batches`.
    ///
    /// No deadline of its own: the batch waited for has one, and its failure ends the wait.
    func wait(for vertices: Set<VertexID>, of batches: Set<Int> = []) async throws {
        try Task.checkCancellation()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let immediate: Result<Void, any Error>? = state.withLock { state in
                if let failure = state.failure { return .failure(failure) }
                let owners = batches.union(vertices.compactMap { state.owner[$0] })
                let open = owners.filter { state.flights[$0]?.isConfirmed == false }
                if open.isEmpty { return .success(()) }
                state.nextWaiter += 1
                state.waiting.append((state.nextWaiter, open, continuation))
                return nil
            }
            if let immediate { continuation.resume(with: immediate) }
        }
    }

    private static func takeReady(_ state: inout State) -> [CheckedContinuation<Void, any Error>] {
        var ready: [CheckedContinuation<Void, any Error>] = []
        state.waiting.removeAll { waiter in
            let isOpen = waiter.flights.contains { state.flights[$0]?.isConfirmed == false }
            if !isOpen { ready.append(waiter.continuation) }
            return !isOpen
        }
        return ready
    }
}
