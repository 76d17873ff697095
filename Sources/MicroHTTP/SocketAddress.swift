import Glibc

/// Reading of IPv4 and IPv6 socket addresses.
enum SocketAddress {
    /// Numeric host and port; an IPv4 address that arrived on an IPv6 socket is given as IPv4.
    static func read(_ address: UnsafePointer<sockaddr>) -> (host: String, port: UInt16)? {
        let length: Int
        let port: UInt16
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            length = MemoryLayout<sockaddr_in>.size
            port = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_port
        case AF_INET6:
            length = MemoryLayout<sockaddr_in6>.size
            port = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_port
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        let host = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let mapped = "::ffff:"
        let isMapped = host.hasPrefix(mapped) && host.contains(".")
        return (isMapped ? String(host.dropFirst(mapped.count)) : host, UInt16(bigEndian: port))
    }
}
