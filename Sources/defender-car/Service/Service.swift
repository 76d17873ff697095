import ArgumentParser
import CARImporter
import ConnectorCore
import ControlAPI
import DefenderFetcher
import JobQueue
import Logging
import MicroHTTP
import ServiceLifecycle
import Store
import Telemetry
import Threading
import UnixSignals

/// The whole service, wired: store, connections, queue, control API. Ends in good order on SIGTERM and SIGINT.
struct Service: Sendable {
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// - Throws: `ExitCode` with the reason printed where it can't start.
    func run() async throws {
        let service = settings.service
        LoggingSystem.bootstrap { label in
            ServiceLogHandler(label: label, format: service.logFormat, level: service.logLevel)
        }
        let logger = Logger(label: "defender-car")
        let engine: Engine
        do {
            engine = try Engine(settings, logger: logger)
        } catch let error as StoreError {
            StandardStreams.error("defender-car can't start: \(error)\n")
            throw ExitCode(1)
        }
        defer { engine.shutdown() }
        let server = ControlServer(settings: service, engine: engine, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: QueueService(queue: engine.queue), successTerminationBehavior: .ignore),
                    .init(service: server, failureTerminationBehavior: .gracefullyShutdownGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
            logger.info("stopped")
        } catch let error as HTTPServerError {
            StandardStreams.error("defender-car can't start: \(error)\n")
            throw ExitCode(1)
        }
    }
}

/// What imports: the store, the connections and the queue.
final class Engine: Sendable {
    let store: SQLiteStore
    let runs: SQLiteRunStore
    let runtimes: [ConnectionRuntime]
    let queue: JobQueue
    let metrics: ServiceMetrics
    private let webhook: WebhookNotifier?
    private let observations = Locked<[JobObservation]>([])

    /// - Parameter followsSchedule: whether scheduled runs are started too.
    init(_ settings: Settings, logger: Logger, followsSchedule: Bool = true) throws {
        MemoryPolicy.apply()
        let metrics = ServiceMetrics(
            version: BuildInfo.version, build: (BuildInfo.configuration, BuildInfo.swift),
            connections: settings.connections.map(\.name), known: .service)
        let store = try SQLiteStore(stateDirectory: settings.service.stateDirectory)
        let runs = SQLiteRunStore(writer: store.pool)
        let budgets = try TenantBudgets(store: store, logger: logger)
        let runtimes = try settings.connections.compactMap { connection in
            try connection.car.map {
                try ConnectionRuntime(
                    connection, car: $0, budgets: budgets.budgets(for: connection), caFile: settings.service.caFile,
                    metrics: metrics, logger: logger)
            }
        }
        for connection in settings.connections {
            guard let lastDay = connection.defender.huntingAPI.lastDay else { continue }
            logger.warning(
                "Microsoft ends this hunting API; grant ThreatHunting.Read.All and set DEFENDER_HUNTING_API=graph",
                metadata: ["connection": "\(connection.name)", "last_day": "\(lastDay)"])
        }
        UnencryptedURLs(of: settings.connections).log(to: logger)
        self.store = store
        self.runs = runs
        self.runtimes = runtimes
        self.metrics = metrics
        webhook = settings.service.webhookURL.map {
            WebhookNotifier(
                url: $0, secret: settings.service.webhookSecret, store: store, caFile: settings.service.caFile,
                metrics: metrics, logger: logger)
        }
        let runner = ConnectionJobRunner(
            runtimes: Dictionary(runtimes.map { ($0.settings.name, $0) }, uniquingKeysWith: { first, _ in first }),
            jobs: store, runs: runs, logger: logger)
        queue = JobQueue(
            store: store, runner: runner, scheduleStore: store,
            schedule: followsSchedule ? settings.connections.flatMap(\.scheduleEntries) : [],
            settings: JobQueueSettings(runningMax: settings.service.runsAtOnce), logger: logger)
        try recallSuccesses()
        observeJobs { [weak self] id in self?.count(id) }
        if let webhook {
            observeJobs { id in webhook.jobChanged(id) }
            webhook.start()
        }
    }

    /// Calls `action` whenever a job has visibly changed, as long as the engine lives.
    func observeJobs(_ action: @escaping @Sendable (JobID) -> Void) {
        let observation = store.onJobChange(action)
        observations.withLock { $0.append(observation) }
    }

    func shutdown() {
        webhook?.stop()
        for runtime in runtimes { runtime.shutdown() }
        // The process ends: what can't be closed is closed by the kernel, and every commit is on disk already.
        try? store.close()
    }
}

/// The job queue as part of the process: drained when the process is asked to end.
struct QueueService: ServiceLifecycle.Service {
    static let drainSeconds = 6.0

    let queue: JobQueue

    func run() async throws {
        try await queue.start()
        try? await gracefulShutdown()
        await queue.drain(deadlineSeconds: Self.drainSeconds)
    }
}
