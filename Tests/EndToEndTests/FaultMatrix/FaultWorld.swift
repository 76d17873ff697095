import CARImporter
import ConnectorCore
import DefenderFetcher
import Foundation
import OutboundHTTP
import Sandbox
import Store

/// Both simulators over sockets, a store in a file, and the service's own clients with short pauses and deadlines.
final class FaultWorld: Sendable {
    static let source = "Matrix"
    static let huntingRowLimit = 60
    /// The sandbox's access tokens begin with the last.
    static let secrets = [
        SandboxOptions.demoClientSecret, SandboxOptions.demoCARKey, SandboxOptions.demoCARPassword, "sandbox.",
    ]

    let sandbox: SandboxServer
    private let store: SQLiteStore
    private let runs: SQLiteRunStore
    private let defender: DefenderClient
    private let car: CARClient
    private let http: HTTPClient

    private let source: VulnerabilitySource

    init(machines: Int = 24, vulnerabilities: VulnerabilitySource = .hunting) throws {
        source = vulnerabilities
        var options = SandboxOptions.small(machines: machines, rows: 3, alerts: 16)
        options.pageMaximum = 10
        options.huntingRowLimit = Self.huntingRowLimit
        options.carDelayMillisecondsMaximum = 1
        sandbox = SandboxServer(options: options)
        try sandbox.start()
        store = try SQLiteStore.temporary()
        runs = SQLiteRunStore(writer: store.pool)
        http = HTTPClient(configuration: HTTPClientConfiguration(workers: 4))
        var settings = DefenderSettings(
            apiURL: sandbox.defenderURL, loginURL: sandbox.defenderURL, tenant: options.tenant,
            clientID: options.clientID, clientSecret: Secret(options.clientSecret))
        settings.huntingRowLimit = Self.huntingRowLimit
        settings.attemptSecondsMax = 1.5
        defender = try DefenderClient(
            settings: settings, http: http,
            retry: RetryPolicy(attemptsMax: 3, baseSeconds: 0.5, capSeconds: 1, deadlineSeconds: 7200), clock: .fast)
        var carSettings = try CARSettings(
            baseURL: sandbox.carURL,
            authorization: .basic(key: Secret(options.carKey), password: Secret(options.carPassword)),
            source: Self.source)
        carSettings.retry = RetryPolicy(attemptsMax: 5, baseSeconds: 0.01, capSeconds: 0.02, deadlineSeconds: 8)
        carSettings.attemptSecondsMax = 1.5
        carSettings.importDeadlineSeconds = 4
        carSettings.jobDeadlineSeconds = 4
        carSettings.importPolling = PollPauses(firstSeconds: 0.005, capSeconds: 0.1)
        carSettings.jobPolling = PollPauses(firstSeconds: 0.005, capSeconds: 0.1)
        car = CARClient(settings: carSettings, configuration: HTTPClientConfiguration(workers: 4))
    }

    func end() {
        http.shutdown()
        car.shutdown()
        sandbox.stop()
        // The store's directory goes with it.
        try? store.close()
    }

    /// - Returns: why the run failed; `nil` where it succeeded.
    func run(_ kind: JobKind) async throws -> JobFailure? {
        let estate = sandbox.estate
        let now: @Sendable () -> Timestamp = { Timestamp(milliseconds: estate.now.milliseconds) }
        let request = JobRequest(kind: kind, connection: Self.source, trigger: .command)
        _ = try store.enqueue(request, now: now())
        guard let job = try store.claimNext(runningMax: 1, now: now()) else { throw NothingToRun() }
        let options = RunOptions(
            vulnerabilitySource: source, deleteGuardMachines: 3, machinesPerPage: 10, alertsPerPage: 6,
            vulnerabilitiesPerPage: 30,
            cvesPerPage: 20, machinesPerBatch: 8, batchesInFlight: 2)
        let ports = RunPorts(defender: defender, car: car, store: runs, record: { _ in }, now: now)
        do {
            try await ImportRun(job: job, ports: ports, options: options).run()
            try store.finish(job.id, attempt: job.attempt, outcome: .succeeded, now: now())
            return nil
        } catch {
            let failure = JobFailure(describing: error)
            try store.finish(job.id, attempt: job.attempt, outcome: .failed(failure), now: now())
            return failure
        }
    }

    struct NothingToRun: Error {}

    var savePoint: String? { sandbox.car.modelStateID(source: Self.source) }

    func differences(allowsLooseVertices: Bool) -> [String] {
        sandbox.differences(
            source: Self.source, allowsLooseVertices: allowsLooseVertices, softwareWithoutCVE: source == .hunting)
    }

    /// Calls of every endpoint so far.
    var calls: [String: Int] {
        var calls: [String: Int] = [:]
        for endpoint in FaultPlan.endpoints {
            calls[endpoint] = sandbox.defender.counters[endpoint].calls + sandbox.car.endpoints[endpoint].calls
        }
        return calls
    }
}

extension WaitClock {
    /// A clock that runs a hundred times as fast, so that a minute's closing of a budget is over in 0.6 s.
    fileprivate static let fast = WaitClock(
        now: { system.now() * 100 }, wall: { system.wall() }, sleep: { try await system.sleep($0 / 100) })
}
