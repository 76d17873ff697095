import ConnectorCore
import Foundation
import JobQueue
import Store
import Threading

/// One job run by this process, from its request to its end. An interrupted job of the connection, which a killed process
/// has left, is finished first.
struct CommandRun {
    private static let pause = Duration.milliseconds(100)

    let engine: Engine
    let console: JobConsole
    private let reader = SerialWorker(label: "defender-car.import")

    init(engine: Engine, console: JobConsole) {
        self.engine = engine
        self.console = console
    }

    /// Stops the queue before it returns; a cancelled run's job goes back to it, for the next start.
    ///
    /// - Returns: the exit code.
    func run(_ request: ImportRequest) async throws -> Int32 {
        let store = engine.store
        let outcome = try await reader.run { try store.enqueue(request.job, now: .wallClock()) }
        let id: JobID
        switch outcome {
        case .created(let job), .existing(let job): id = job.id
        case .idempotencyConflict: return 1
        }
        try await engine.queue.start()
        do {
            let code = try await end(of: id)
            await engine.queue.drain(deadlineSeconds: QueueService.drainSeconds)
            return code
        } catch {
            await engine.queue.drain(deadlineSeconds: QueueService.drainSeconds)
            throw error
        }
    }

    private func end(of id: JobID) async throws -> Int32 {
        let store = engine.store
        while true {
            guard let job = try await reader.run({ try store.job(id) }) else { return 1 }
            let snapshot = JobSnapshot(job)
            console.show(snapshot)
            if let code = snapshot.exitCode { return code }
            try await Task.sleep(for: Self.pause)
        }
    }
}
