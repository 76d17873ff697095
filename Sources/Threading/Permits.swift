/// Bounds how many tasks are inside a section at a time; they enter in the order in which they asked.
public final class Permits: Sendable {
    private let line: WaitingLine<Int>

    public init(max: Int) {
        let max = Swift.max(1, max)
        line = WaitingLine(0) { taken in
            guard taken < max else { return false }
            taken += 1
            return true
        }
    }

    public var taken: Int { line.state }

    /// Runs `work` with a permit, which is given back however it ends.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits, or what `work` throws.
    public func with<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        try await line.enter()
        defer { line.change { $0 -= 1 } }
        return try await work()
    }
}
