import ConnectorCore
import Foundation
import Threading

/// Shows a job's way on standard output: a moving line on a terminal, a JSON line for each change elsewhere. Why a job
/// failed goes to standard error too.
final class JobConsole: Sendable {
    private struct State {
        var shown: JobSnapshot?
        var isLineOpen = false
    }

    private let terminal = Terminal.standardOutput
    private let state = Locked(State())

    func show(_ job: JobSnapshot) {
        let isNew = state.withLock { state in
            defer { state.shown = job }
            return state.shown != job
        }
        guard isNew else { return }
        if terminal.isTerminal { showBar(job) } else { StandardStreams.output(JobLine.json(job) + "\n") }
        if let failure = job.failure { StandardStreams.error(Self.plain(failure.message) + "\n") }
    }

    /// Without what moves a terminal's cursor or begins another line: a part may come from another process.
    static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// A sentence beside the job's way, on standard error.
    func tell(_ sentence: String) {
        closeLine()
        StandardStreams.error(Self.plain(sentence) + "\n")
    }

    private func showBar(_ job: JobSnapshot) {
        StandardStreams.output("\r\(JobLine.bar(job, columns: terminal.columns - 1))\u{1B}[K")
        state.withLock { $0.isLineOpen = true }
        guard job.state.isFinal else { return }
        closeLine()
        StandardStreams.output(JobLine.summary(job) + "\n")
    }

    private func closeLine() {
        let isOpen = state.withLock { state in
            defer { state.isLineOpen = false }
            return state.isLineOpen
        }
        if isOpen { StandardStreams.output("\n") }
    }
}
