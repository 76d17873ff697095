import MicroHTTP

/// A file that is part of the program, with an entity tag made of its content.
struct StaticFile: Sendable {
    private let bytes: [UInt8]
    private let headers: HTTPHeaders
    private let tag: String

    init(_ bytes: [UInt8], type: String, headers: HTTPHeaders = [:]) {
        self.bytes = bytes
        tag =
            "\""
            + MessageDigest.sha256(bytes).prefix(8).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
            + "\""
        var headers = headers
        headers["Content-Type"] = type
        headers["ETag"] = tag
        headers["Cache-Control"] = "no-cache"
        headers["X-Content-Type-Options"] = "nosniff"
        self.headers = headers
    }

    func response(to request: HTTPRequest) -> HTTPResponse {
        if let field = request.headers.list("If-None-Match"), EntityTags(field).contain(tag) {
            var headers = headers
            headers["Content-Type"] = nil
            return HTTPResponse(status: 304, headers: headers)
        }
        return HTTPResponse(status: 200, headers: headers, body: .bytes(bytes))
    }
}
