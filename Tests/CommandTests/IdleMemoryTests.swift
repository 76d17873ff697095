import Testing
import Threading

@testable import defender_car

@Suite(.timeLimit(.minutes(5))) struct `Memory of an idle service` {
    private let calls = AsyncStream.makeStream(of: Void.self)

    @Test func `is given back after the last of several jobs`() async {
        let running = Locked(0)
        let memory = IdleMemory(after: .milliseconds(1)) { [calls] in
            if running.withLock({ $0 }) == 0 { calls.continuation.yield() }
        }
        await withTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    await memory.busy {
                        running.withLock { $0 += 1 }
                        for _ in 0..<100 { await Task.yield() }
                        running.withLock { $0 -= 1 }
                    }
                }
            }
        }
        for await _ in calls.stream { break }
    }

    @Test func `is kept while a job runs`() async {
        let given = Locked(0)
        let memory = IdleMemory(after: .zero) { [calls] in
            given.withLock { $0 += 1 }
            calls.continuation.yield()
        }
        await memory.busy {
            await memory.busy {}
            // Long enough for the first one's turn, which does nothing.
            for _ in 0..<1000 { await Task.yield() }
            #expect(given.withLock { $0 } == 0)
        }
        for await _ in calls.stream { break }
    }

    @Test func `is given back after a job that fails`() async {
        let memory = IdleMemory(after: .zero) { [calls] in calls.continuation.yield() }
        await #expect(throws: CancellationError.self) { try await memory.busy { throw CancellationError() } }
        for await _ in calls.stream { break }
    }
}
