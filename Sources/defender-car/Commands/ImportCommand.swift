import ArgumentParser
import ConnectorCore
import Foundation
import JobQueue
import Logging
import Store
import Telemetry
import Threading
import UnixSignals

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Run one import and end, for cron.",
        discussion: """
            Ends with 0, or with the code of IBM's connector: 10 CAR, try again; 20 CAR, an initial import is next; \
            50 to 55 Defender; 2 bad arguments or settings; 1 anything else. Takes that connector's flags too; secrets \
            on a command line show in the process list, so the environment or NAME_FILE is the better place.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case auto, initial, incremental
    }

    @Option(help: "auto and incremental become an initial import where an incremental run can't be right.")
    var kind = Kind.auto

    @Option(help: "Which connection, where several are configured.")
    var connection: String?

    @Option(help: "YAML file with the settings; DEFENDER_CAR_CONFIG where not given.")
    var config: String?

    @OptionGroup(title: "Flags of IBM's connector") var predecessor: PredecessorOptions

    func run() async throws {
        let environment = predecessor.applied(to: ProcessInfo.processInfo.environment)
        let settings = try SettingsCommand.read(config: config, environment: environment)
        let name = try connectionName(settings)
        LoggingSystem.bootstrap { label in
            ServiceLogHandler(label: label, format: settings.service.logFormat, level: settings.service.logLevel)
        }
        let engine: Engine
        do {
            engine = try Engine(settings, logger: Logger(label: "defender-car"), followsSchedule: false)
        } catch let error as StoreError {
            StandardStreams.error("defender-car can't import: \(error)\n")
            throw ExitCode(1)
        }
        defer { engine.shutdown() }
        let request = JobRequest(kind: requestedKind, connection: name, trigger: .command, options: options)
        let code = try await CommandRun(engine: engine).run(request)
        if code != 0 { throw ExitCode(code) }
    }

    private var requestedKind: JobKind {
        if let incremental = predecessor.incrementalUpdate { return incremental == .yes ? .incremental : .initial }
        return kind == .initial ? .initial : .incremental
    }

    private var options: JobOptions {
        JobOptions(
            alerts: predecessor.alerts.map { $0 == .yes },
            vulnerabilities: predecessor.vulnerabilities.map { $0 == .yes })
    }

    private func connectionName(_ settings: Settings) throws -> String {
        let names = settings.connections.map(\.name)
        if let connection {
            guard names.contains(connection) else {
                throw ValidationError("--connection must be one of \(names.joined(separator: ", "))")
            }
            return connection
        }
        guard names.count == 1, let name = names.first else {
            throw ValidationError("--connection is needed, one of \(names.joined(separator: ", "))")
        }
        return name
    }
}

/// One job of the command, from its request to its end. An interrupted job of the connection, which a killed process has
/// left, is finished first.
private struct CommandRun {
    private static let pause = Duration.milliseconds(100)

    let engine: Engine
    private let console = JobConsole()
    private let reader = SerialWorker(label: "defender-car.import")

    init(engine: Engine) {
        self.engine = engine
    }

    /// - Returns: the exit code.
    func run(_ request: JobRequest) async throws -> Int32 {
        let store = engine.store
        let outcome = try await reader.run { try store.enqueue(request, now: Timestamp.now) }
        let id: JobID
        switch outcome {
        case .created(let job), .existing(let job): id = job.id
        case .idempotencyConflict: return 1
        }
        try await engine.queue.start()
        return try await withThrowingTaskGroup(of: Int32.self) { group in
            group.addTask { try await end(of: id) }
            group.addTask { try await signalled() }
            defer { group.cancelAll() }
            return try await group.next() ?? 1
        }
    }

    private func end(of id: JobID) async throws -> Int32 {
        let store = engine.store
        while true {
            guard let job = try await reader.run({ try store.job(id) }) else { return 1 }
            console.show(job)
            switch job.state {
            case .succeeded: return 0
            case .failed: return Int32(job.failure?.code ?? 1)
            case .cancelled: return 1
            case .queued, .running, .cancelling: try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Returns when the process is asked to end: the job goes back to the queue, for the next start.
    private func signalled() async throws -> Int32 {
        for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            await engine.queue.drain(deadlineSeconds: QueueService.drainSeconds)
            return signal == .sigint ? 130 : 143
        }
        throw CancellationError()
    }
}
