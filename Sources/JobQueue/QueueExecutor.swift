import Dispatch

/// Runs an actor on a private serial Dispatch queue, so that it may make blocking calls without holding up the
/// cooperative pool, and so that timers of that queue are inside the actor already.
final class QueueExecutor: SerialExecutor {
    let queue: DispatchQueue

    /// - Parameter label: shown by debuggers and in crash reports.
    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
