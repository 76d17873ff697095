/// Certificate and key of an HTTPS server, as PEM text.
public struct HTTPServerTLS: Sendable, CustomStringConvertible {
    /// The server's certificate, followed by intermediate ones.
    public var certificate: String
    /// The unencrypted private key.
    public var key: String
    /// Authorities of client certificates; when set, a client without a certificate from one of them is refused.
    public var clientAuthorities: String?

    public init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// Whether a server can use them.
    ///
    /// - Throws: `.badCertificate`, which names the text that is unusable.
    public func check() throws(HTTPServerError) {
        _ = try TLSCredentials(self)
    }

    /// Without the key.
    public var description: String {
        "HTTPServerTLS(client certificates \(clientAuthorities == nil ? "not asked for" : "required"))"
    }
}
