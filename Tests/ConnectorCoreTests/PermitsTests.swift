import Testing
import Threading

@Suite struct `A bound on tasks` {
    @Test(.timeLimit(.minutes(5))) func `lets in no more tasks than allowed`() async throws {
        let permits = Permits(max: 3)
        let inside = Locked((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await permits.with {
                        inside.withLock {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        await Task.yield()
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } <= 3)
        #expect(permits.taken == 0)
    }

    @Test(.timeLimit(.minutes(5))) func `survives callers that are cancelled at any moment`() async throws {
        let permits = Permits(max: 2)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let task = Task { try await permits.with { await Task.yield() } }
                    if number % 2 == 0 { task.cancel() }
                    _ = await task.result
                }
            }
        }
        #expect(permits.taken == 0)
        try await permits.with {}
    }

    @Test(.timeLimit(.minutes(5))) func `takes the permit back when the work fails`() async {
        struct Failure: Error {}
        let permits = Permits(max: 1)
        for _ in 0..<3 {
            await #expect(throws: Failure.self) { try await permits.with { throw Failure() } }
        }
        #expect(permits.taken == 0)
    }
}
