import Foundation

extension OutboundResponse {
    /// The host a redirect points to; `nil` if it names none, or something that is no host name. Its characters may be
    /// shown; that it holds no secret is for `SafeText` to see to.
    public var redirectHost: String? {
        guard let host = header("Location").flatMap({ URLComponents(string: $0)?.host }),
            (1...253).contains(host.utf8.count), host.utf8.allSatisfy(OutboundResponse.isHostByte)
        else { return nil }
        return host
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._[]:".utf8.contains(byte)
        }
    }
}
