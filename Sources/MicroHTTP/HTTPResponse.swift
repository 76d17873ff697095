/// An answer: status, headers, and a body that is there already, comes later, or comes bit by bit.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// The server suspends the connection and calls the closure once, on the thread of the request; the answer is
        /// whatever is handed to the responder, from any thread. Bounded by the server's `deferredAnswerSeconds`.
        case deferred(@Sendable (DeferredResponder) -> Void)
        /// The server sends the headers and calls the closure once; what is written to the stream goes out as it
        /// comes (chunked). Ends with `ResponseStream.finish()`, when the client goes away, or when the server stops.
        case stream(@Sendable (ResponseStream) -> Void)
        /// No answer: the connection is closed.
        case abort
    }

    public var status: Int
    public var headers: HTTPHeaders
    public var body: Body
    /// The route that answered, filled by `Router` for metrics and logs; not sent.
    public var routeTemplate: String?

    public init(status: Int, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A body of text or JSON that is complete already.
    public init(status: Int, contentType: String, text: String, headers: HTTPHeaders = [:]) {
        self.init(status: status, headers: headers, body: .bytes(Array(text.utf8)))
        self.headers["Content-Type"] = contentType
    }
}

/// Where a deferred answer is delivered; the first delivery counts, later ones are ignored.
public final class DeferredResponder: Sendable {
    private let askWhetherDeserted: @Sendable () -> Bool
    private let deliver: @Sendable (HTTPResponse) -> Void

    public init(
        isDeserted: @escaping @Sendable () -> Bool = { false }, deliver: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        askWhetherDeserted = isDeserted
        self.deliver = deliver
    }

    /// Whether the client has closed its end of the connection: nobody may be there to take the answer. Asks the kernel.
    public var isDeserted: Bool { askWhetherDeserted() }

    /// Answers with `response`, whose body must be `.bytes` or `.stream`.
    public func respond(_ response: HTTPResponse) {
        deliver(response)
    }
}

/// The sending end of a streamed body, usable from any thread.
public protocol ResponseStream: AnyObject, Sendable {
    /// Queues bytes for the client.
    ///
    /// - Returns: `false` when nothing more can be sent: the client is gone, the server stops, or the client reads so
    ///   slowly that the stream's buffer bound was reached (the stream is then ended).
    func write(_ bytes: [UInt8]) -> Bool
    /// Whether nothing waits to be sent and the client has closed its end of the connection. Asks the kernel.
    var isDeserted: Bool { get }
    /// Ends the body; later writes return `false`.
    func finish()
    /// Called once, from any thread, when the stream has ended for whatever reason.
    func onEnd(_ action: @escaping @Sendable () -> Void)
}
