/// A complete request: line, headers and the whole body, within the server's bounds.
public struct HTTPRequest: Sendable {
    /// One parameter of the query, percent-decoded, `+` read as a space.
    public struct QueryItem: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Upper case, as sent: `GET`, `POST`, ...
    public var method: String
    /// The path as sent, still percent-encoded, without the query; begins with `/`.
    public var path: String
    /// In the order sent; a name may occur several times.
    public var query: [QueryItem]
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// The peer's address without port; empty when unknown.
    public var remoteAddress: String
    /// Values of the route's `{name}` segments, percent-decoded; filled by `Router`.
    public var pathParameters: [String: String]
    /// The route's template (`/v1/jobs/{id}`), filled by `Router`; `nil` where none matched.
    public var routeTemplate: String?

    public init(
        method: String, path: String, query: [QueryItem] = [], headers: HTTPHeaders = [:], body: [UInt8] = [],
        remoteAddress: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        pathParameters = [:]
        routeTemplate = nil
    }

    /// The first query parameter of that name.
    public func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}
