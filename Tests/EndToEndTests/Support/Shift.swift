import Foundation
import Sandbox
import Testing

/// A shift of a service under Prometheus, an initial import, an incremental run and one that fails, and the answers to
/// the questions of docs/metrics.md, in their order: from the API's jobs and reports and the simulators' own counts.
struct Shift {
    static let callsPerHour = 5000

    /// What Prometheus should answer: for each series, named by one or two labels, the values that are right.
    struct Answer {
        var labels: [String]
        var expected: [String: ClosedRange<Double>]
        /// Compared instead of an age, which is another at every evaluation: the moment it counts from.
        var isAge = false

        func key(_ sample: PrometheusProcess.Sample) -> String {
            labels.map { sample.labels[$0] ?? "" }.joined(separator: " ")
        }

        func value(_ sample: PrometheusProcess.Sample) -> Double {
            isAge ? sample.time - sample.value : sample.value
        }
    }

    let jobs: [JobAnswer]
    let answers: [Answer]

    init(_ scenario: Scenario, _ client: ControlClient) async throws {
        let initial = try await client.run("initial")
        expectSucceeded(initial)
        scenario.changeEverything()
        let incremental = try await client.run("incremental")
        expectSucceeded(incremental)
        scenario.sandbox.defender.faults.set([Fault("machines", .status(403), count: nil)])
        let failed = try await client.run("incremental")
        #expect(failed.failure?.code == 53)
        scenario.sandbox.defender.faults.clear()
        jobs = [initial, incremental, failed]

        let connection: ConnectionAnswer = try await client.get("/v1/connections/\(Scenario.source)")
        let savePoint = try #require(connection.savePoint.flatMap(Double.init)) / 1000
        let calls = scenario.sandbox.defender.counters
        let called = ["machines", "logonusers", "alerts", "hunting"]
        let budgeted = called + ["vulnerabilityexport", "vulnerabilities"]
        var skipped: [String: Double] = [:]
        for job in jobs {
            for (kind, counts) in try await client.report(job.id).records {
                for (reason, count) in counts.skipped { skipped["\(kind) \(reason)", default: 0] += Double(count) }
            }
        }
        #expect(!skipped.isEmpty)
        let imports = try await Self.secondsPerImport(client)
        answers = [
            // How old is what CAR shows?
            Answer(labels: ["connection"], expected: [Scenario.source: Self.about(savePoint)], isAge: true),
            // When did each connection last succeed?
            Answer(
                labels: ["connection", "kind"],
                expected: try Dictionary(
                    uniqueKeysWithValues: [initial, incremental].map { job in
                        ("\(Scenario.source) \(job.kind)", Self.about(try Self.seconds(job.endedAt)))
                    }), isAge: true),
            // Which share of the jobs succeeded?
            Answer(labels: [], expected: ["": Self.about(2 / 3)]),
            // How long do runs take? Exact to the bucket that holds the longest.
            Answer(
                labels: ["kind"],
                expected: [
                    "initial": 0...Self.bucket(above: [try Self.duration(initial)]),
                    "incremental":
                        0...Self.bucket(
                            above: [try Self.duration(incremental), try Self.duration(failed)]),
                ]),
            // Why did jobs fail? Prometheus extrapolates an increase to the edges of what it has seen.
            Answer(labels: ["class", "code"], expected: Self.failures(["datasource 53": 0.9...1.5])),
            // How much of the hourly budget is left?
            Answer(
                labels: ["api"],
                expected: Dictionary(
                    uniqueKeysWithValues: budgeted.map { api in
                        (api, Self.about(1 - Double(calls[api].calls) / Double(Self.callsPerHour)))
                    })),
            // How long do requests wait for the budget? Nothing had to.
            Answer(labels: ["api"], expected: Dictionary(uniqueKeysWithValues: budgeted.map { ($0, 0...0.1) })),
            // Which share of the requests to Defender fails?
            Answer(
                labels: ["api"],
                expected: Dictionary(
                    uniqueKeysWithValues: (called + ["token"]).map { api in
                        let statuses = calls[api].statuses
                        let good = statuses.filter { (200..<300).contains($0.key) }.values.reduce(0, +)
                        return (api, Self.about(1 - Double(good) / Double(statuses.values.reduce(0, +))))
                    })),
            // What was skipped, and why?
            Answer(labels: ["kind", "reason"], expected: skipped.mapValues { $0 * 0.9...$0 * 1.5 }),
            // How long does CAR take to accept an import?
            Answer(labels: [], expected: ["": Self.about(imports)]),
        ]
    }

    private static func about(_ value: Double) -> ClosedRange<Double> {
        value - 0.002...value + 0.002
    }

    /// Every class and code that is known from the start is there, at 0 but for those given.
    private static func failures(_ given: [String: ClosedRange<Double>]) -> [String: ClosedRange<Double>] {
        let known = ["internal 1", "recoverable 10", "unrecoverable 20"] + (50...55).map { "datasource \($0)" }
        return Dictionary(uniqueKeysWithValues: known.map { ($0, given[$0] ?? 0...0) })
    }

    private static func seconds(_ text: String?) throws -> Double {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try style.parse(#require(text)).timeIntervalSince1970
    }

    private static func duration(_ job: JobAnswer) throws -> Double {
        try seconds(job.endedAt) - seconds(job.startedAt)
    }

    private static func bucket(above durations: [Double]) -> Double {
        [1, 5, 15, 60].first { bound in durations.allSatisfy { $0 <= bound } } ?? 300
    }

    /// By the service's own sums, since no other side measures them.
    private static func secondsPerImport(_ client: ControlClient) async throws -> Double {
        let text = try await client.send(.get, "/metrics").text
        func sum(_ name: String) throws -> Double {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name){call=\"imports\"}") }
            return try #require(line?.split(separator: " ").last.flatMap { Double($0) })
        }
        let name = "defender_car_car_request_duration_seconds"
        return try sum("\(name)_sum") / sum("\(name)_count")
    }
}
