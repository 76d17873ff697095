import MicroHTTP

/// Keeps pages of other sites, opened in a browser that can reach the service, from starting runs and from reading.
///
/// A POST without a body needs no permission of ours in a browser, and a service on loopback without tokens would obey.
enum CrossSite {
    /// A call that changes something is none of a page of another site.
    ///
    /// - Parameter isOpen: whether no token protects the service.
    static func check(_ request: HTTPRequest, isOpen: Bool) throws {
        // The browser itself says so, which no page can: also behind a proxy that calls the service by another name.
        let site = request.headers["Sec-Fetch-Site"]
        if site == "same-origin" { return }
        if let origin = request.headers["Origin"], origin != "null" || isOpen {
            let host = origin.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first
            guard let host, !host.isEmpty, host.lowercased() == request.headers["Host"]?.lowercased() else {
                throw Refusal.crossSite
            }
        }
        if site == "cross-site" { throw Refusal.crossSite }
    }

    /// Of a service that no token protects: the name it was called by must not be one that an outsider's DNS can point to
    /// this machine. An address or `localhost` is taken, other names are not.
    static func checkName(_ request: HTTPRequest) throws {
        if let host = request.headers["Host"], !isAddressOrLocalhost(host) { throw Refusal.hostNotAllowed }
    }

    static func isAddressOrLocalhost(_ host: String) -> Bool {
        if host.hasPrefix("[") || isIPv4(host) { return true }
        let name = host.prefix { $0 != ":" }.lowercased()
        return name == "localhost" || name.hasSuffix(".localhost")
    }

    /// Four numbers of a byte each, and perhaps a port. By bytes, because every request asks.
    private static func isIPv4(_ host: String) -> Bool {
        var dots = 0
        var number: Int?
        for byte in host.utf8 {
            switch byte {
            case 0x30...0x39:
                let value = (number ?? 0) * 10 + Int(byte - 0x30)
                if value > 255 { return false }
                number = value
            case UInt8(ascii: "."):
                if number == nil { return false }
                number = nil
                dots += 1
            case UInt8(ascii: ":"): return dots == 3 && number != nil
            default: return false
            }
        }
        return dots == 3 && number != nil
    }
}
