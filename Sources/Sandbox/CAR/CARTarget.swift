import MicroHTTP

/// The length of request targets.
enum CARTarget {
    /// Path and query as a client sends them at least: only what must be is counted as percent-encoded.
    static func length(of request: HTTPRequest) -> Int {
        request.query.reduce(request.path.utf8.count) { $0 + 2 + encodedLength($1.name) + encodedLength($1.value) }
    }

    private static let plain = Set("-._~:@!$'()*,;/?".utf8)

    private static func encodedLength(_ text: String) -> Int {
        text.utf8.reduce(0) { length, byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || plain.contains(byte)
            return length + (isPlain ? 1 : 3)
        }
    }
}
