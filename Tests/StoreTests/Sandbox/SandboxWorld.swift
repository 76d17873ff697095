import CARImporter
import ConnectorCore
import DefenderFetcher
import GRDB
import OutboundHTTP
import Sandbox
import Testing

@testable import Store

/// Both simulators on loopback and a store, and the processes that run jobs between them with the real clients.
final class SandboxWorld: Sendable {
    static let source = "sandbox"

    let sandbox: SandboxServer
    let database: any DatabaseWriter
    let options: RunOptions
    /// Of imports and jobs of CAR.
    private let deadlineSeconds: Double

    /// - Parameters:
    ///   - estate: `nil` generates one from the options.
    ///   - database: with the newest schema; `nil` is an empty one in memory.
    ///   - deadlineSeconds: of imports and jobs of CAR; short where it is waited for.
    init(
        _ options: SandboxOptions, run: RunOptions = RunOptions(), estate: Estate? = nil,
        database: (any DatabaseWriter)? = nil, deadlineSeconds: Double = 120
    ) throws {
        sandbox = SandboxServer(options: options, estate: estate)
        self.options = run
        self.deadlineSeconds = deadlineSeconds
        if let database {
            self.database = database
        } else {
            let empty = try DatabaseQueue()
            try Migrations.migrate(empty)
            self.database = empty
        }
        try sandbox.start()
    }

    /// The same simulators and store under other options. The one that it shares them with ends them.
    init(sharing world: SandboxWorld, run: RunOptions) {
        sandbox = world.sandbox
        database = world.database
        options = run
        deadlineSeconds = world.deadlineSeconds
    }

    func end() {
        sandbox.stop()
    }

    var now: Timestamp { Timestamp(milliseconds: sandbox.estate.now.milliseconds) }

    /// Runs or continues a job in a process of its own.
    ///
    /// - Parameters:
    ///   - other: another database than the world's.
    ///   - patienceSeconds: of the clients.
    func run(
        _ job: Job, lifeline: Lifeline = Lifeline(), database other: (any DatabaseWriter)? = nil,
        patienceSeconds: @escaping @Sendable () -> Double = { 0 }
    ) async throws {
        let retry = RetryPolicy(
            attemptsMax: 4, baseSeconds: 0.002, capSeconds: 0.01, deadlineSeconds: 120,
            patienceSeconds: patienceSeconds)
        let http = HTTPClient(configuration: HTTPClientConfiguration(workers: 6))
        defer { http.shutdown() }
        let defender = try DefenderClient(settings: defenderSettings, http: http, retry: retry)
        let car = CARClient(settings: try carSettings(retry))
        defer { car.shutdown() }
        let ports = RunPorts(
            defender: LifelineDefender(client: defender, lifeline: lifeline),
            car: LifelineCAR(client: car, lifeline: lifeline),
            store: FaultyStore(store: SQLiteRunStore(writer: other ?? database), lifeline: lifeline),
            record: { _ in }, now: { [sandbox] in Timestamp(milliseconds: sandbox.estate.now.milliseconds) })
        try await ImportRun(job: job, ports: ports, options: options).run()
    }

    private var defenderSettings: DefenderSettings {
        let simulated = sandbox.options
        var settings = DefenderSettings(
            apiURL: sandbox.defenderURL, loginURL: sandbox.defenderURL, tenant: simulated.tenant,
            clientID: simulated.clientID, clientSecret: Secret(simulated.clientSecret), scope: simulated.scopes[0])
        settings.huntingRowLimit = simulated.huntingRowLimit
        (settings.requestsPerMinute, settings.requestsPerHour) = (0, 0)
        (settings.huntingPerMinute, settings.huntingPerHour) = (0, 0)
        (settings.exportPerMinute, settings.exportPerHour) = (0, 0)
        return settings
    }

    private func carSettings(_ retry: RetryPolicy) throws -> CARSettings {
        var settings = try CARSettings(
            baseURL: sandbox.carURL,
            authorization: .basic(key: Secret(sandbox.options.carKey), password: Secret(sandbox.options.carPassword)),
            source: Self.source)
        settings.retry = retry
        settings.importPolling = PollPauses(firstSeconds: 0.002, capSeconds: 0.02)
        settings.jobPolling = settings.importPolling
        settings.importDeadlineSeconds = deadlineSeconds
        settings.jobDeadlineSeconds = deadlineSeconds
        settings.objectsPerEnvelopeMax = 300
        return settings
    }

    func cleanUp(_ job: Job) async throws {
        try await SQLiteRunStore(writer: database).cleanUp(job.id, connection: job.connection)
    }

    var savePoint: String? { sandbox.car.modelStateID(source: Self.source) }

    /// The assets that CAR shows.
    var assets: Set<String> {
        Set((sandbox.car.graph(source: Self.source).vertices["asset"] ?? [:]).keys)
    }

    /// The assets that the estate demands.
    var expectedAssets: Set<String> {
        Set((sandbox.expectedGraph().vertices["asset"] ?? [:]).keys)
    }

    func differences() -> [String] {
        sandbox.differences(
            source: Self.source, allowsLooseVertices: true, softwareWithoutCVE: options.vulnerabilitySource == .hunting)
    }
}
