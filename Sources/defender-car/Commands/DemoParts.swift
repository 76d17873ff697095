import ArgumentParser
import ConnectorCore
import Foundation
import OutboundHTTP
import Sandbox

/// A job as its JSON says it: what the demonstration shows.
struct DemoJob: Decodable, Sendable {
    struct Progress: Decodable, Sendable {
        var phase: String
        var machines: JobProgress.Count
        var requests: JobProgress.Requests
    }

    struct Failure: Decodable, Sendable {
        var code: Int
        var message: String
    }

    var id: String
    var state: String
    var effectiveKind: String?
    var fallbackReason: String?
    var progress: Progress?
    var failure: Failure?

    var isEnded: Bool { ["succeeded", "failed", "cancelled"].contains(state) }
}

/// Talks to the control API as an orchestrator would.
struct DemoClient: Sendable {
    let base: String
    private let http = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))

    init(base: String) {
        self.base = base
    }

    func start(_ kind: JobKind) async throws -> String {
        let answer = try await http.send(OutboundRequest(.post, url: "\(base)/v1/imports/\(kind.rawValue)"))
        guard answer.status == 202 else { throw ValidationError("the service answered \(answer.status)") }
        return try JSONDecoder().decode(DemoJob.self, from: Data(answer.body)).id
    }

    func job(_ id: String) async throws -> DemoJob {
        let answer = try await http.send(OutboundRequest(.get, url: "\(base)/v1/jobs/\(id)"))
        guard answer.status == 200 else { throw ValidationError("the service answered \(answer.status)") }
        return try JSONDecoder().decode(DemoJob.self, from: Data(answer.body))
    }

    func shutdown() {
        http.shutdown()
    }
}

/// What the demonstration prints: a moving line on a terminal, plain lines elsewhere.
struct DemoConsole: Sendable {
    private static let barWidth = 30
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    func say(_ text: String) {
        StandardStreams.output(text + "\n")
    }

    func progress(_ job: DemoJob) {
        guard isTerminal, let progress = job.progress else { return }
        let total = max(progress.machines.total, 1)
        let filled = Self.barWidth * min(progress.machines.done, total) / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barWidth - filled)
        StandardStreams.output(
            "\r  \(bar) \(progress.machines.done)/\(progress.machines.total) machines, \(progress.phase)\u{1B}[K")
    }

    /// - Throws: `ExitCode` where the job did not succeed.
    func ended(_ job: DemoJob, seconds: Double) throws {
        if isTerminal { StandardStreams.output("\r\u{1B}[K") }
        guard job.state == "succeeded" else {
            say("  job \(job.id) \(job.state): \(job.failure?.message ?? "")")
            throw ExitCode(Int32(job.failure?.code ?? 1))
        }
        let requests = job.progress?.requests ?? JobProgress.Requests()
        let kind = job.effectiveKind == job.kindText ? "" : job.fallbackReason.map { " (as initial: \($0))" } ?? ""
        let took = String(format: "%.2f", seconds)
        say(
            "  job \(job.id) succeeded in \(took) s\(kind): \(requests.defender) requests to Defender, \(requests.car) to CAR"
        )
    }

    func table(_ graph: GraphImage) {
        say("  In CAR now, active:")
        for (name, vertices) in graph.vertices.sorted(by: { $0.key < $1.key }) where !vertices.isEmpty {
            say("    \(name.padding(toLength: 26, withPad: " ", startingAt: 0))\(vertices.count)")
        }
        for (name, edges) in graph.edges.sorted(by: { $0.key < $1.key }) where !edges.isEmpty {
            say("    \(name.padding(toLength: 26, withPad: " ", startingAt: 0))\(edges.count)")
        }
    }

    /// - Returns: whether CAR shows what the estate demands.
    func verdict(_ differences: [String]) -> Bool {
        guard !differences.isEmpty else {
            say("  CAR shows exactly what Defender knows.")
            return true
        }
        say("  CAR departs from Defender in \(differences.count) places:")
        for difference in differences.prefix(20) { say("    \(difference)") }
        return false
    }
}

extension DemoJob {
    fileprivate var kindText: String? { fallbackReason == nil ? effectiveKind : "incremental" }
}
