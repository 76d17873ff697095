import Threading

/// Decides when a batch may begin to read: few read at a time, and nobody begins while those on their way are large
/// together. So memory is bounded by bytes, and small batches still keep Defender busy while CAR is waited for.
struct ReadingGate: Sendable {
    private struct State {
        var reading = 0
        /// Batches that have begun to read and are not over.
        var inFlight = 0
        /// Findings of those that have read.
        var findings = 0
    }

    private let line: WaitingLine<State>

    init(readingMax: Int, findingsMax: Int) {
        let readingMax = max(1, readingMax)
        line = WaitingLine(State()) { state in
            guard state.reading < readingMax, state.findings < findingsMax || state.inFlight == 0 else { return false }
            state.reading += 1
            state.inFlight += 1
            return true
        }
    }

    /// Reads with `read`, when it may, and hands what was read to `use`.
    ///
    /// - Parameter findings: how many what was read holds.
    func pass<Facts: Sendable>(
        read: () async throws -> Facts, findings: (Facts) -> Int, use: (Facts) async throws -> Void
    ) async throws {
        try await line.enter()
        defer { line.change { $0.inFlight -= 1 } }
        let facts: Facts
        do {
            facts = try await read()
        } catch {
            line.change { $0.reading -= 1 }
            throw error
        }
        let weight = findings(facts)
        line.change { state in
            state.reading -= 1
            state.findings += weight
        }
        defer { line.change { $0.findings -= weight } }
        try await use(facts)
    }
}
