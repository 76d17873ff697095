import ConnectorCore
import JobQueue
import Logging
import Store
import Threading

/// Runs a claimed job on its connection's clients and records what comes of it.
struct ConnectionJobRunner: JobRunning {
    let runtimes: [String: ConnectionRuntime]
    let jobs: SQLiteStore
    let runs: SQLiteRunStore
    let logger: Logger
    private let memory: IdleMemory
    private let recorder = SerialWorker(label: "defender-car.job-progress")

    init(
        runtimes: [String: ConnectionRuntime], jobs: SQLiteStore, runs: SQLiteRunStore, logger: Logger
    ) {
        self.runtimes = runtimes
        self.jobs = jobs
        self.runs = runs
        self.logger = logger
        memory = IdleMemory {
            jobs.releaseMemory()
            MemoryPolicy.giveBack()
        }
    }

    func run(_ job: Job) async throws {
        try await memory.busy { try await runAndFinish(job) }
    }

    private func runAndFinish(_ job: Job) async throws {
        guard let runtime = runtimes[job.connection] else {
            throw JobFailureError(.internal("connection \(job.connection) is no longer configured"))
        }
        let run = ImportRun(job: job, ports: ports(of: runtime, for: job), options: runtime.settings.run)
        do {
            try await run.run()
            await finish(job)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            await finish(job)
            throw error
        }
    }

    private func ports(of runtime: ConnectionRuntime, for job: Job) -> RunPorts {
        RunPorts(
            defender: runtime.defender, car: runtime.car, store: runs,
            record: { [recorder, jobs] update in
                try await recorder.run { try jobs.record(update, of: job.id, attempt: job.attempt) }
            },
            now: Timestamp.wallClock)
    }

    /// What follows the end of a run and can't change its outcome.
    private func finish(_ job: Job) async {
        do {
            try await runs.cleanUp(job.id, connection: job.connection)
        } catch {
            logger.warning(
                "cleaning up after the job failed; the next run does it",
                metadata: ["job": "\(job.id)", "error": "\(error)"])
        }
    }
}
