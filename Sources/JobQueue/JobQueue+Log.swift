import ConnectorCore
import Logging

extension JobQueue {
    /// The one place that logs how a job ended.
    func log(_ result: EndedRun.Result, _ verdict: EndedRun.Verdict, of job: Job) {
        var metadata: Logger.Metadata = ["job": "\(job.id)", "kind": "\(job.kind)", "connection": "\(job.connection)"]
        switch verdict {
        case .interrupted: logger.notice("job is interrupted and goes back to the queue", metadata: metadata)
        case .finished(.succeeded): logger.info("job succeeded", metadata: metadata)
        case .finished(.cancelled): logger.notice("job is cancelled", metadata: metadata)
        case .finished(.failed(let failure)):
            metadata["class"] = "\(failure.class.rawValue)"
            metadata["code"] = "\(failure.code)"
            metadata["reason"] = "\(failure.message)"
            if case .threw(let error) = result { metadata["error"] = "\(Self.brief(error))" }
            logger.error("job failed", metadata: metadata)
        }
    }

    /// An error for the log, shortened.
    static func brief(_ error: any Error) -> String {
        String("\(type(of: error)): \(error)".prefix(500))
    }
}
