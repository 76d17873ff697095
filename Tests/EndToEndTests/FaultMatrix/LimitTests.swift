import CARImporter
import ConnectorCore
import DefenderFetcher
import OutboundHTTP
import Sandbox
import Store
import Testing
import Threading

extension `End to end` {
    @Suite struct `Limits of Microsoft` {
        private static let machines = 10_000

        /// The least seconds for so many calls at 100 a minute and 1,500 an hour.
        private static func leastSeconds(_ calls: Int) -> Double {
            let last = max(0, calls - 1)
            return Double(last / 1500 * 3600 + last % 1500 / 100 * 60)
        }

        @Test(.timeLimit(.minutes(10)))
        func `are never passed by an import of 10,000 machines, which takes no longer than they demand`() async throws {
            var options = SandboxOptions.small(machines: Self.machines, rows: 1, alerts: 20)
            options.enforcesRateLimits = true
            options.carDelayMillisecondsMaximum = 0
            options.carJobPolls = 0
            let sandbox = SandboxServer(options: options)
            try sandbox.start()
            defer { sandbox.stop() }
            let time = LeapingClock()
            let (run, seen) = try Self.run(on: sandbox, clock: time.clock)
            let leaping = Task {
                await time.leap(sandbox.estate) { sandbox.defender.counters.calls + sandbox.car.endpoints.calls }
            }
            defer { leaping.cancel() }
            try await run()

            let counters = sandbox.defender.counters
            for endpoint in ["machines", "logonusers", "hunting", "alerts"] {
                #expect(counters[endpoint].throttled == 0, "\(endpoint)")
            }
            let calls = counters["logonusers"].calls
            let least = Self.leastSeconds(calls)
            #expect(calls > Self.machines * 9 / 10)
            #expect(time.now <= least * 1.05, "\(time.now) s, at least \(least) s")
            let progress = seen.withLock { $0 }
            let forecast = try #require(progress.compactMap(\.forecast).last)
            #expect(abs(forecast.calls.logonUsers - calls) <= calls / 100)
            #expect(abs(forecast.calls.machines - counters["machines"].calls) <= 1)
            #expect(abs(forecast.calls.hunting - counters["hunting"].calls) <= counters["hunting"].calls / 5)
            #expect(abs(Double(forecast.seconds) - time.now) <= time.now * 0.05)
            #expect(sandbox.differences(source: "Limits").isEmpty)
        }

        /// A run, and every progress that it tells.
        private static func run(
            on sandbox: SandboxServer, clock: WaitClock
        ) throws -> (() async throws -> Void, Locked<[JobProgress]>) {
            let options = sandbox.options
            let settings = DefenderSettings(
                apiURL: sandbox.defenderURL, loginURL: sandbox.defenderURL, tenant: options.tenant,
                clientID: options.clientID, clientSecret: Secret(options.clientSecret))
            var configuration = HTTPClientConfiguration(workers: 12)
            configuration.clock = clock
            let http = HTTPClient(configuration: configuration)
            let defender = try DefenderClient(settings: settings, http: http, clock: clock)
            let car = CARClient(
                settings: try CARSettings(
                    baseURL: sandbox.carURL,
                    authorization: .basic(key: Secret(options.carKey), password: Secret(options.carPassword)),
                    source: "Limits"), configuration: configuration)
            let store = try SQLiteStore.temporary()
            let estate = sandbox.estate
            let now: @Sendable () -> Timestamp = { Timestamp(milliseconds: estate.now.milliseconds) }
            _ = try store.enqueue(
                JobRequest(kind: .initial, connection: "Limits", trigger: .command), now: now())
            let job = try #require(try store.claimNext(runningMax: 1, now: now()))
            let seen = Locked<[JobProgress]>([])
            let ports = RunPorts(
                defender: defender, car: car, store: SQLiteRunStore(writer: store.pool),
                record: { update in
                    seen.withLock { list in if let progress = update.progress { list.append(progress) } }
                },
                now: now)
            let run = ImportRun(job: job, ports: ports, options: RunOptions())
            return (
                {
                    try await run.run()
                    http.shutdown()
                    car.shutdown()
                    try store.close()
                }, seen
            )
        }
    }
}

extension EndpointCounters {
    /// Calls of all endpoints.
    fileprivate var calls: Int { FaultPlan.endpoints.map { self[$0].calls }.reduce(0, +) }
}
