/// One request that has ended, for metrics and access logs.
public struct RequestSummary: Sendable, Equatable {
    /// As sent, so any token a client invents.
    public var method: String
    /// The path as sent, still percent-encoded.
    public var path: String
    /// The route's template; `nil` where none matched. Use this and not `path` as a label.
    public var routeTemplate: String?
    /// 0 when the client went away before there was an answer.
    public var status: Int
    /// From the request line to the last byte of the answer.
    public var seconds: Double
    /// Bytes of the answer's body.
    public var responseBytes: Int
    /// The peer's address without port; empty when unknown.
    public var remoteAddress: String
}
