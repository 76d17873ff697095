/// Where the server listens and what it allows; every bound has a default fit for a small control API.
public struct HTTPServerConfiguration: Sendable {
    /// An address or name; `::` or `[::]` takes IPv4 connections too.
    public var host: String
    /// 0: any free port, see `HTTPServer.port`.
    public var port: UInt16
    /// Threads that each serve many connections.
    public var threads = 2
    /// Connections at a time. A request on a further one is answered 503, unless it asks for one of `reservedPaths`.
    public var connectionsMax = 1000
    /// Connections beyond `connectionsMax`; for still further ones the most silent of these is closed.
    public var extraConnectionsMax = 64
    /// What connections beyond `connectionsMax` may ask for, a request each: what tells whether the server lives.
    public var reservedPaths: Set<String> = []
    /// Connections at a time from one address, further ones are closed at once; 0: no bound.
    public var connectionsPerAddressMax = 256
    /// Memory of one connection: request line, headers and buffers. A larger head is answered 414 or 431.
    public var connectionMemoryBytes = 32 * 1024
    /// The largest request body; a larger one is answered 413.
    public var bodyBytesMax = 64 * 1024
    /// How much beyond `bodyBytesMax` is read and thrown away, so that a client still sending sees its answer.
    public var drainBytesMax = 1024 * 1024
    /// A connection without traffic for this long is closed.
    public var idleSeconds = 30
    /// From a connection's start, or the end of its last answer, to a whole request; and from an answer's first byte to
    /// its last one, streams excepted. A connection that takes longer is closed within another second.
    public var requestSeconds = 60.0
    /// The same for connections beyond `connectionsMax`.
    public var extraConnectionSeconds = 2.0
    /// A deferred answer that takes longer becomes a 503.
    public var deferredAnswerSeconds = 120.0
    /// Bytes a stream holds for a client that reads slowly, before it is ended.
    public var streamBufferBytesMax = 256 * 1024
    /// HTTPS when set.
    public var tls: HTTPServerTLS?

    /// Called on a server thread when a request has ended.
    public var onRequest: (@Sendable (RequestSummary) -> Void)?
    /// Called with what a handler threw, or with an `HTTPServerError` about an answer that could not be sent, and the
    /// request (whose body and headers may hold secrets).
    public var onHandlerError: (@Sendable (any Error, HTTPRequest) -> Void)?
    /// Called with messages of the HTTP library, mostly about misbehaving clients; may hold parts of a request line.
    public var onLog: (@Sendable (String) -> Void)?

    public init(host: String = "127.0.0.1", port: UInt16 = 0) {
        self.host = host
        self.port = port
    }
}

extension HTTPServerConfiguration {
    /// - Throws: `.invalidConfiguration`, which names the setting and its range.
    func validate() throws(HTTPServerError) {
        try check("threads", threads, 1...256)
        try check("connectionsMax", connectionsMax, 1...1_000_000)
        try check("extraConnectionsMax", extraConnectionsMax, 0...1_000_000)
        try check("connectionsPerAddressMax", connectionsPerAddressMax, 0...1_000_000)
        try check("connectionMemoryBytes", connectionMemoryBytes, 4096...16_777_216)
        try check("bodyBytesMax", bodyBytesMax, 0...0x4000_0000)
        try check("drainBytesMax", drainBytesMax, 0...0x4000_0000)
        try check("idleSeconds", idleSeconds, 1...86_400)
        try check("requestSeconds", requestSeconds, 0.01...86_400)
        try check("extraConnectionSeconds", extraConnectionSeconds, 0.01...86_400)
        try check("deferredAnswerSeconds", deferredAnswerSeconds, 0.01...86_400)
        try check("streamBufferBytesMax", streamBufferBytesMax, 1...0x4000_0000)
    }

    private func check<Number: Comparable>(
        _ setting: String, _ value: Number, _ range: ClosedRange<Number>
    ) throws(HTTPServerError) {
        guard range.contains(value) else {
            throw HTTPServerError(
                .invalidConfiguration,
                "\(setting) is \(value), but must be from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
