import ConnectorCore
import Foundation
import Threading

/// Shows a job's way: a moving line on a terminal, a JSON line for each change elsewhere.
final class JobConsole: Sendable {
    private static let barWidth = 30

    private struct Line: Encodable {
        var job: String
        var state: String
        var kind: String?
        var fallbackReason: String?
        var progress: JobProgress
        var failure: JobFailure?
    }

    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let shown = Locked<Int64?>(nil)

    func show(_ job: Job) {
        let isNew = shown.withLock { shown in
            defer { shown = job.version }
            return shown != job.version
        }
        guard isNew else { return }
        if isTerminal { showBar(job) } else { showLine(job) }
    }

    private func showBar(_ job: Job) {
        let machines = job.progress.machines
        let filled = Self.barWidth * min(machines.done, machines.total) / max(machines.total, 1)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barWidth - filled)
        let end = job.state.isFinal ? "\n" : ""
        StandardStreams.output(
            "\r\(bar) \(machines.done)/\(machines.total) machines, \(job.state.rawValue), "
                + "\(job.progress.phase.rawValue)\u{1B}[K\(end)")
        if let failure = job.failure { StandardStreams.error("\(failure.message)\n") }
    }

    private func showLine(_ job: Job) {
        let line = Line(
            job: job.id.text, state: job.state.rawValue, kind: job.effectiveKind?.rawValue,
            fallbackReason: job.fallbackReason, progress: job.progress, failure: job.failure)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers: what can't fail to encode.
        guard let text = try? encoder.encode(line) else { return }
        StandardStreams.output(String(decoding: text, as: UTF8.self) + "\n")
    }
}
