/// The HTTP client of the service, over libcurl: certificates are always verified, redirects are answers, proxies come
/// from the environment, connections are reused.
///
/// The process ignores SIGPIPE once a client has sent a request.
public final class HTTPClient: Sendable {
    let configuration: HTTPClientConfiguration
    private let loop: CurlLoop

    public init(configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        loop = CurlLoop(configuration)
    }

    /// One attempt. Every status is an answer.
    ///
    /// Waits for its turn first, in the order of the calls, urgent ones before the others. Cancelling the task ends the
    /// wait or the transfer at once. curl itself sends a request again only when a kept connection turns out closed before
    /// any answer.
    ///
    /// - Throws: `OutboundError`.
    public func send(_ request: OutboundRequest) async throws -> OutboundResponse {
        try await send(request, attempt: 1)
    }

    /// Tells the configuration's `waited` of a wait for a budget that the caller keeps itself.
    public func measureWait(_ seconds: Double, label: String) {
        configuration.waited?(label, seconds)
    }

    /// Ends every transfer and every wait as cancelled, closes the connections and refuses further requests.
    public func shutdown() {
        loop.shutdown()
    }

    func send(_ request: OutboundRequest, attempt: Int) async throws -> OutboundResponse {
        try RequestCheck(request: request).run()
        let transfer = Transfer(request, attempt: attempt)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if transfer.enqueue(continuation) { loop.submit(transfer) }
            }
        } onCancel: {
            loop.cancel(transfer)
        }
    }
}
