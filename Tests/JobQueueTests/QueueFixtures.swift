import ConnectorCore
import Foundation
import JobQueue
import Logging
import Store
import Threading

/// A wall clock that moves when the test says so.
final class SimulatedClock: Sendable {
    private let time: Locked<Timestamp>

    init(_ iso8601: String) {
        time = Locked(Timestamp(iso8601: iso8601) ?? Timestamp(milliseconds: 0))
    }

    var now: Timestamp { time.withLock { $0 } }

    func set(_ iso8601: String) {
        time.withLock { $0 = Timestamp(iso8601: iso8601) ?? $0 }
    }
}

extension JobQueueSettings {
    /// So seldom that whatever happens, happens by an event.
    static let eventsOnly = JobQueueSettings(safetyInterval: .seconds(3600))
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

struct WaitEnded: Error {}

extension SQLiteStore {
    func request(
        _ kind: JobKind = .incremental, on connection: String = "default", now: Timestamp = Timestamp.wallClock()
    ) throws -> JobID {
        let request = JobRequest(kind: kind, connection: connection, trigger: .api)
        switch try enqueue(request, now: now) {
        case .created(let job), .existing(let job): return job.id
        case .idempotencyConflict: throw WaitEnded()
        }
    }

    /// Waits for changes until the job is as described; the suite's time limit is the deadline.
    @discardableResult
    func job(_ id: JobID, becomes isAsExpected: (Job) -> Bool) async throws -> Job {
        try await waitForChange { try self.job(id).flatMap { isAsExpected($0) ? $0 : nil } }
    }

    @discardableResult
    func job(_ id: JobID, becomes state: JobState) async throws -> Job {
        try await job(id) { $0.state == state }
    }

    func waitForChange<Result>(_ look: () throws -> Result?) async throws -> Result {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observation = onJobChange { _ in continuation.yield() }
        defer { observation.cancel() }
        continuation.yield()
        for await _ in changes {
            if let result = try look() { return result }
        }
        throw WaitEnded()
    }
}
