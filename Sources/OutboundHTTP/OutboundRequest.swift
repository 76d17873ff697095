/// One request, complete in memory. Printing it shows method, label and the URL without query and credentials.
public struct OutboundRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case head = "HEAD"
    }

    /// A longer URL is refused before anything is sent.
    public static let urlBytesMax = 64 << 10

    public var method: Method
    /// Absolute, `http` or `https`.
    public var url: String
    /// Sent in this order. Names must be tokens; a value with CR, LF or NUL is refused before anything is sent.
    public var headers: [(String, String)]
    public var body: [UInt8]?
    /// The whole value of the Authorization header, `Bearer …` included.
    public var authorization: Secret?
    /// Largest decoded body taken; a larger one fails with `answerTooLarge`.
    public var answerBytesMax = 64 << 20
    /// For one attempt, from the moment its turn has come to the last byte of the answer.
    public var deadlineSeconds = 120.0
    /// An attempt that moves less than one byte a second for this long fails with `timedOut`. Raise it, together with
    /// the deadline, for calls the server thinks about for longer before its first byte.
    public var stallSecondsMax = 60.0
    /// Goes before requests that are not, for few calls whose answers others wait for.
    public var isUrgent = false
    /// On a connection of its own: over one that was used before and turns out to be closed, libcurl sends a request once
    /// more, although the server may have got it.
    public var isSentOnce = false
    /// Low-cardinality name for metrics and errors: "defender machines", never the URL with ids.
    public var label = "request"

    public init(_ method: Method, url: String, headers: [(String, String)] = [], body: [UInt8]? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

extension OutboundRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(method.rawValue) \(SafeURL(url)) (\(label))" }
    public var debugDescription: String { description }

    /// Without header values and body, so that `dump` shows no credential either.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "method": method.rawValue, "url": SafeURL(url).description, "label": label,
                "headers": headers.map(\.0), "bodyBytes": body?.count ?? 0,
            ], displayStyle: .struct)
    }
}
