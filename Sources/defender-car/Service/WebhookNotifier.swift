import ConnectorCore
import ControlAPI
import Logging
import OutboundHTTP
import Store
import Telemetry
import Threading

/// Tells a URL of every job that has ended, at least once: what is due is a row from the job's start on, so that a
/// process that dies before it told is followed by one that does.
final class WebhookNotifier: Sendable {
    /// A receiver that is away for longer is told of the next jobs only.
    static let retry = RetryPolicy(attemptsMax: 8, baseSeconds: 1, capSeconds: 120, deadlineSeconds: 900)

    private let url: String
    private let secret: Secret?
    private let store: SQLiteStore
    private let metrics: ServiceMetrics
    private let http: HTTPClient
    private let logger: Logger
    private let jobs: AsyncStream<JobID>
    private let queue: AsyncStream<JobID>.Continuation
    private let delivery = Locked<Task<Void, Never>?>(nil)

    /// - Parameter secret: what bodies are signed with; `nil` sends no signature.
    init(
        url: String, secret: Secret?, store: SQLiteStore, caFile: String?, metrics: ServiceMetrics, logger: Logger
    ) {
        self.url = url
        self.secret = secret
        self.store = store
        self.metrics = metrics
        self.logger = logger
        http = HTTPClient(
            configuration: HTTPClientConfiguration(
                workers: 1, caFile: caFile, userAgent: BuildInfo.userAgent,
                measured: { attempt in
                    metrics.webhookDelivery(outcome: (200..<300).contains(attempt.status) ? "delivered" : "failed")
                }))
        // Those beyond are due still and told after the next start.
        (jobs, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    /// Begins with what an earlier process left.
    func start() {
        do {
            for job in try store.dueWebhooks() { queue.yield(job) }
        } catch {
            waits(error)
        }
        let task = Task { for await job in jobs { await deliver(job) } }
        delivery.withLock { $0 = task }
    }

    func stop() {
        queue.finish()
        delivery.withLock { $0 }?.cancel()
        http.shutdown()
    }

    /// A job has visibly changed.
    func jobChanged(_ id: JobID) {
        do {
            guard let job = try store.job(id) else { return }
            if job.state.isFinal {
                // One that never ran, such as a cancelled queued one, is told of too.
                remember(id)
                queue.yield(id)
            } else if job.state == .running, job.progress.phase == .machines {
                remember(id)
            }
        } catch {
            // Harmless for a job that has not ended: there is nothing to tell of it then.
            remember(id)
            waits(error, job: id)
        }
    }

    private func remember(_ id: JobID) {
        do {
            try store.addWebhook(of: id)
        } catch {
            logger.warning("a webhook can't be remembered over a restart", metadata: ["error": "\(error)"])
        }
    }

    /// The store can't be read: what is due there is told when it can.
    private func waits(_ error: any Error, job: JobID? = nil) {
        var metadata: Logger.Metadata = ["error": "\(error)"]
        if let job { metadata["job"] = "\(job)" }
        logger.warning("a webhook waits for the next start", metadata: metadata)
    }

    /// - Returns: `nil` where there is nothing to tell, or not any more.
    private func dueEvent(_ id: JobID) throws -> JobEvent? {
        guard try store.isWebhookDue(id) else { return nil }
        return try store.job(id).flatMap(JobEvent.init)
    }

    private func deliver(_ id: JobID) async {
        let event: JobEvent
        do {
            guard let due = try dueEvent(id) else { return }
            event = due
        } catch {
            waits(error, job: id)
            return
        }
        do {
            let response = try await http.send(request(event), retrying: Self.retry)
            guard (200..<300).contains(response.status) else { throw Refusal(status: response.status) }
        } catch OutboundError.cancelled {
            // The process ends; the next one tells.
            return
        } catch {
            metrics.webhookDelivery(outcome: "given_up")
            logger.error(
                "the webhook was not taken", metadata: ["job": "\(id)", "to": "\(SafeURL(url))", "error": "\(error)"])
        }
        // Where it stays due it is told again after the next start, which receivers expect: the event's id is the same.
        try? store.removeWebhook(of: id)
    }

    private func request(_ event: JobEvent) -> OutboundRequest {
        var request = OutboundRequest(
            .post, url: url, headers: [("Content-Type", JobEvent.contentType)], body: event.body)
        if let secret { request.headers.append(("X-Hub-Signature-256", event.signature(key: secret.reveal()))) }
        request.label = "webhook"
        request.answerBytesMax = 64 << 10
        request.deadlineSeconds = 30
        return request
    }
}

private struct Refusal: Error, CustomStringConvertible {
    var status: Int

    var description: String { "answered with \(status)" }
}
