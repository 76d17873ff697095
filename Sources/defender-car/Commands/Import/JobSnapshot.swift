import ConnectorCore

/// What a command shows of a job, read from the store or from a service's API (`GET /v1/jobs/{id}`).
struct JobSnapshot: Decodable, Sendable, Equatable {
    var id: String
    var state: JobState
    var kind: JobKind
    var effectiveKind: JobKind?
    var fallbackReason: String?
    var progress: JobProgress
    var failure: JobFailure?

    init(_ job: Job) {
        id = job.id.text
        state = job.state
        kind = job.kind
        effectiveKind = job.effectiveKind
        fallbackReason = job.fallbackReason
        progress = job.progress
        failure = job.failure
    }

    /// The command's exit code; `nil` while the job goes on.
    var exitCode: Int32? {
        switch state {
        case .succeeded: 0
        case .failed: Int32(failure?.code ?? 1)
        case .cancelled: 1
        case .queued, .running, .cancelling: nil
        }
    }
}
