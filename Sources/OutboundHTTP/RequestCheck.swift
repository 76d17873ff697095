/// Refuses what must not reach the wire. Everything else of a URL is curl's to judge.
struct RequestCheck {
    let request: OutboundRequest

    /// - Throws: `OutboundError.invalidURL` or `.other`, without the offending text.
    func run() throws(OutboundError) {
        let url = request.url.utf8
        guard url.count <= OutboundRequest.urlBytesMax else { throw .invalidURL("is longer than 64 KiB") }
        // By bytes, which every call can afford.
        let bytes = Array(url)
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw .invalidURL("holds white space or a control character")
        }
        let start = bytes.prefix(8).map(\.asciiLowercased)
        guard start.starts(with: "https://".utf8) || start.starts(with: "http://".utf8) else {
            throw .invalidURL("must start with http:// or https://")
        }
        // curl would take the first part of the path for the host.
        guard bytes[(start.starts(with: "https".utf8) ? 8 : 7)...].first != 0x2F else {
            throw .invalidURL("names no host")
        }
        for (name, value) in request.headers {
            guard !name.isEmpty, name.utf8.allSatisfy(RequestCheck.isTokenByte) else {
                throw .other("a header name is not a token")
            }
            guard RequestCheck.isSafe(value) else {
                throw .other("the header \(name) holds a line break or NUL")
            }
        }
        guard RequestCheck.isSafe(request.authorization?.reveal() ?? "") else {
            throw .other("the authorization holds a line break or NUL")
        }
    }

    private static func isSafe(_ value: String) -> Bool {
        !value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0x00 }
    }

    /// RFC 9110 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
