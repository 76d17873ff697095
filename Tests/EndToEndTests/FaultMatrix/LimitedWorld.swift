import CARImporter
import ConnectorCore
import DefenderFetcher
import Logging
import OutboundHTTP
import Sandbox
import Store
import Testing
import Threading

@testable import defender_car

/// A tenant at Microsoft's documented limits, whose simulator counts as Microsoft does; the whole path of an import, in
/// time that leaps over every wait.
final class LimitedWorld: Sendable {
    static let source = "Limits"

    let sandbox: SandboxServer
    let time = LeapingClock()
    private let store: SQLiteStore
    private let progress = Locked<[(moment: Double, progress: JobProgress)]>([])

    private let remembersCalls: Bool

    /// - Parameter remembersCalls: as the service does, beyond the life of a process: each call is on disk before it goes
    ///   out, which takes its time.
    init(machines: Int, remembersCalls: Bool) throws {
        self.remembersCalls = remembersCalls
        var options = SandboxOptions.small(machines: machines, rows: 1, alerts: 20)
        options.enforcesRateLimits = true
        options.carDelayMillisecondsMaximum = 0
        options.carJobPolls = 0
        sandbox = SandboxServer(options: options)
        store = try SQLiteStore.temporary()
        try sandbox.start()
    }

    func end() {
        sandbox.stop()
        // The store's directory goes with it.
        try? store.close()
    }

    /// Every progress that was told, and when.
    var told: [(moment: Double, progress: JobProgress)] { progress.withLock { $0 } }

    func differences() -> [String] { sandbox.differences(source: Self.source) }

    func expectNothingThrottled(at location: SourceLocation = #_sourceLocation) {
        for endpoint in ["machines", "logonusers", "hunting", "alerts"] {
            let throttled = sandbox.defender.counters[endpoint].throttled
            #expect(throttled == 0, "\(endpoint)", sourceLocation: location)
        }
    }

    /// Runs `body` while the time leaps.
    func leaping(_ body: () async throws -> Void) async throws {
        let leaping = Task {
            await time.leap(sandbox.estate) { sandbox.defender.counters.calls + sandbox.car.endpoints.calls }
        }
        defer { leaping.cancel() }
        try await body()
    }

    /// Runs the import, or goes on with it, as a process of its own would: nothing is left of an earlier one but what is
    /// in the database.
    func run() async throws {
        let options = sandbox.options
        let settings = DefenderSettings(
            apiURL: sandbox.defenderURL, loginURL: sandbox.defenderURL, tenant: options.tenant,
            clientID: options.clientID, clientSecret: Secret(options.clientSecret))
        var configuration = HTTPClientConfiguration(workers: 12)
        configuration.clock = time.clock
        let http = HTTPClient(configuration: configuration)
        let defender = try DefenderClient(
            settings: settings, http: http, budgets: try budgets(settings), clock: time.clock)
        let car = CARClient(
            settings: try CARSettings(
                baseURL: sandbox.carURL,
                authorization: .basic(key: Secret(options.carKey), password: Secret(options.carPassword)),
                source: Self.source), configuration: configuration)
        defer {
            http.shutdown()
            car.shutdown()
        }
        let now: @Sendable () -> Timestamp = { [sandbox] in
            Timestamp(milliseconds: sandbox.estate.now.milliseconds)
        }
        let ports = RunPorts(
            defender: defender, car: car, store: SQLiteRunStore(writer: store.pool),
            record: { [progress, time] update in
                guard let told = update.progress else { return }
                progress.withLock { $0.append((time.now, told)) }
            },
            now: now)
        try await ImportRun(job: try job(now()), ports: ports, options: RunOptions()).run()
    }

    private func job(_ now: Timestamp) throws -> Job {
        if try store.rescue(now: now).isEmpty {
            _ = try store.enqueue(JobRequest(kind: .initial, connection: Self.source, trigger: .command), now: now)
        }
        return try #require(try store.claimNext(runningMax: 1, now: now))
    }

    private func budgets(_ settings: DefenderSettings) throws -> DefenderBudgets {
        guard remembersCalls else { return DefenderBudgets(settings, clock: time.clock) }
        let journal = StoredCallJournal(store: store, logger: Logger(label: "limits"))
        let snapshots = try store.budgets().mapValues {
            RateBudget.Snapshot(calls: $0.calls, closedUntil: $0.closedUntil)
        }
        return DefenderBudgets(
            settings, restoring: snapshots, journal: { journal.journal(of: $0.rawValue) }, clock: time.clock)
    }
}

extension EndpointCounters {
    /// Calls of all endpoints.
    fileprivate var calls: Int { FaultPlan.endpoints.map { self[$0].calls }.reduce(0, +) }
}
