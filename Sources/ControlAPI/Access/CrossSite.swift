import MicroHTTP

/// Keeps pages of other sites, opened in a browser that can reach the service, from starting runs and from reading.
///
/// A POST without a body needs no permission of ours in a browser, and a service on loopback without tokens would obey.
enum CrossSite {
    /// A call that changes something is none of a page of another site.
    ///
    /// - Parameter isOpen: whether no token protects the service.
    static func check(_ request: HTTPRequest, isOpen: Bool) throws {
        if let origin = request.headers["Origin"], origin != "null" || isOpen {
            let host = origin.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first
            guard let host, !host.isEmpty, host.lowercased() == request.headers["Host"]?.lowercased() else {
                throw Refusal.crossSite
            }
        }
        if let site = request.headers["Sec-Fetch-Site"], site == "cross-site" { throw Refusal.crossSite }
    }

    /// Of a service that no token protects: the name it was called by must not be one that an outsider's DNS can point to
    /// this machine. An address or `localhost` is taken, other names are not.
    static func checkName(_ request: HTTPRequest) throws {
        if let host = request.headers["Host"], !isAddressOrLocalhost(host) { throw Refusal.hostNotAllowed }
    }

    static func isAddressOrLocalhost(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
