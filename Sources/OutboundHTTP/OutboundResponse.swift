/// A complete answer, whatever its status.
public struct OutboundResponse: Sendable {
    public let status: Int
    /// Decoded: a gzip answer is unpacked already. Complete as its framing (Content-Length, chunks) goes; libcurl does
    /// not notice a gzip stream that ends early within complete framing, so a reader must refuse half a document.
    public let body: [UInt8]
    /// From the start of the attempt to the last byte.
    public let seconds: Double
    private let head: HeaderBlock

    init(status: Int, head: HeaderBlock, body: [UInt8], seconds: Double) {
        self.status = status
        self.head = head
        self.body = body
        self.seconds = seconds
    }

    /// The first value under `name`, whose case does not matter; without the white space around it.
    public func header(_ name: String) -> String? {
        head.value(of: name)
    }
}

extension OutboundResponse: CustomStringConvertible, CustomReflectable {
    public var description: String { "status \(status), \(body.count) bytes in \(seconds) s" }
    public var customMirror: Mirror {
        Mirror(self, children: ["status": status, "bodyBytes": body.count, "seconds": seconds], displayStyle: .struct)
    }
}
