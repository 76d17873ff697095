import ConnectorCore
import MicroHTTP
import Threading

/// One client's events of one job: what was sent last, and so what is to be sent now.
final class JobEventStream: Sendable {
    private struct Sent: Sendable {
        var version: Int64?
        /// Of the job sent last; `nil` before the first, so that the first event is a `state`.
        var phase: [String]?
    }

    let job: JobID
    private let output: any ResponseStream
    private let sent: Locked<Sent>

    init(job: JobID, lastSeen: Int64?, output: any ResponseStream) {
        self.job = job
        self.output = output
        sent = Locked(Sent(version: lastSeen))
    }

    /// Sends the job unless this version was sent; ends the stream after a job that has ended. Called on one queue.
    func send(_ job: Job?) {
        guard let job else { return output.finish() }
        let event = sent.withLock { sent -> String? in
            if let version = sent.version, version >= job.version { return nil }
            let phase = [job.state.rawValue, String(job.attempt)]
            let event = sent.phase == phase ? "progress" : "state"
            sent = Sent(version: job.version, phase: phase)
            return event
        }
        if let event {
            let head = "event: \(event)\nid: \(job.version)\ndata: "
            _ = output.write(Array(head.utf8) + JobView.json(job).bytes() + Array("\n\n".utf8))
        }
        if job.state.isFinal { output.finish() }
    }

    var isDeserted: Bool { output.isDeserted }

    func end() { output.finish() }

    func sendComment() {
        _ = output.write(Array(": still here\n\n".utf8))
    }
}
