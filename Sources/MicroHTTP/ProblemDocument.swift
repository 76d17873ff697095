/// An error answer as `application/problem+json` (RFC 9457).
///
/// A handler may throw one: it is then the answer.
public struct ProblemDocument: Error, Sendable, Equatable {
    /// What is wrong with one member of the request.
    public struct FieldError: Sendable, Equatable {
        /// The member's name or path, e.g. `alerts`.
        public var field: String
        public var reason: String

        public init(field: String, reason: String) {
            self.field = field
            self.reason = reason
        }
    }

    /// The value of an extension member.
    public enum Value: Sendable, Equatable {
        case string(String)
        case integer(Int)
        case boolean(Bool)
    }

    /// A URI that names the kind of problem.
    public var type: String
    public var title: String
    public var status: Int
    /// A stable word for programs, e.g. `not_found`.
    public var code: String
    /// A sentence for people; goes to the client, so nothing internal.
    public var detail: String?
    /// Left out of the document when empty.
    public var errors: [FieldError]
    /// Further members, written in the order of their names.
    public var extras: [String: Value]

    /// - Parameter title: the status's reason phrase by default.
    public init(
        status: Int, code: String, title: String? = nil, detail: String? = nil, type: String = "about:blank",
        errors: [FieldError] = [], extras: [String: Value] = [:]
    ) {
        self.type = type
        self.title = title ?? Self.reasonPhrase(status)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.extras = extras
    }

    /// What a client learns of an error inside the service.
    public static var internalError: ProblemDocument {
        ProblemDocument(status: 500, code: "internal_error", detail: "The request could not be answered.")
    }

    /// The document as JSON.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", type)
        writer.member("title", title)
        writer.member("status", status)
        writer.member("code", code)
        if let detail { writer.member("detail", detail) }
        if !errors.isEmpty {
            writer.name("errors")
            writer.beginArray()
            for error in errors {
                writer.beginObject()
                writer.member("field", error.field)
                writer.member("reason", error.reason)
                writer.endObject()
            }
            writer.endArray()
        }
        for (name, value) in extras.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .string(let text): writer.member(name, text)
            case .integer(let number): writer.member(name, number)
            case .boolean(let flag): writer.member(name, flag)
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// The answer that carries the document. A 503 always tells when to come back.
    public func response(headers: HTTPHeaders = [:]) -> HTTPResponse {
        var response = HTTPResponse(status: status, headers: headers, body: .bytes(json()))
        if status == 503, headers["Retry-After"] == nil {
            response.headers["Retry-After"] = String(Self.retrySeconds)
        }
        response.headers["Content-Type"] = "application/problem+json"
        response.headers["Cache-Control"] = "no-store"
        return response
    }

    /// Where nobody knows better.
    private static let retrySeconds = 5

    private static func reasonPhrase(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Error"
        }
    }
}
