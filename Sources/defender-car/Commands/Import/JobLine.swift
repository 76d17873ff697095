import ConnectorCore
import Foundation

/// A job in one line.
enum JobLine {
    private static let barWidth = 24

    private struct Line: Encodable {
        var job: String
        var state: String
        var kind: String?
        var fallbackReason: String?
        var progress: JobProgress
        var failure: JobFailure?
    }

    static func json(_ job: JobSnapshot) -> String {
        let line = Line(
            job: job.id, state: job.state.rawValue, kind: job.effectiveKind?.rawValue,
            fallbackReason: job.fallbackReason, progress: job.progress, failure: job.failure)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers: what can't fail to encode.
        guard let data = try? encoder.encode(line) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// `████░░░░ 1200/5000 machines · details · 1 min 30 s left · 508 requests`, what does not fit left out.
    static func bar(_ job: JobSnapshot, columns: Int) -> String {
        let machines = job.progress.machines
        let filled = barWidth * max(0, min(machines.done, machines.total)) / max(machines.total, 1)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
        var parts = ["\(bar) \(machines.done)/\(machines.total) machines"]
        parts.append(job.state == .running ? job.progress.phase.rawValue : job.state.rawValue)
        if let eta = job.progress.etaSeconds, eta > 0, job.state == .running { parts.append("\(duration(eta)) left") }
        parts.append("\(job.progress.requests.defender + job.progress.requests.car) requests")
        var line = parts.removeFirst()
        for part in parts where line.count + 3 + part.count <= columns { line += " · \(part)" }
        return String(line.prefix(max(columns, 1)))
    }

    /// How an ended job ended, in a sentence.
    static func summary(_ job: JobSnapshot) -> String {
        let kind = (job.effectiveKind ?? job.kind) == .initial ? "Initial import" : "Incremental run"
        let requests = job.progress.requests
        let reason = job.fallbackReason.map { " It was an initial import because: \($0)." } ?? ""
        return
            "\(kind) \(job.state.rawValue): \(job.progress.machines.done) machines, \(requests.defender) requests to "
            + "Defender, \(requests.car) to CAR.\(reason)"
    }

    static func duration(_ seconds: Int) -> String {
        if seconds >= 3600 { return "\(seconds / 3600) h \(seconds % 3600 / 60) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds) s"
    }
}
