import CMicroHTTPD

/// Certificate, key and authorities as GnuTLS wants them.
///
/// Unchecked because of the pointer: it is not written to once it is made, and freed when no connection needs it.
final class TLSCredentials: @unchecked Sendable {
    /// Whether a client without a valid certificate is refused.
    let demandsClientCertificate: Bool
    private let pointer: gnutls_certificate_credentials_t

    /// - Throws: `.badCertificate`, which names the text that is unusable.
    init(_ tls: HTTPServerTLS) throws(HTTPServerError) {
        var fault: Int32 = 0
        var reason: UnsafePointer<CChar>?
        guard let pointer = cmhd_make_credentials(tls.certificate, tls.key, tls.clientAuthorities, &fault, &reason)
        else {
            let text =
                switch fault {
                case 1: "certificate and key"
                case 2: "client authorities"
                default: "TLS settings"
                }
            let detail = fault == 3 ? "out of memory" : reason.map { String(cString: $0) } ?? ""
            throw HTTPServerError(.badCertificate, "the \(text) can't be used: \(detail)")
        }
        self.pointer = pointer
        demandsClientCertificate = tls.clientAuthorities != nil
    }

    deinit {
        gnutls_certificate_free_credentials(pointer)
    }

    /// Gives them to a connection, which must keep this object; before its handshake.
    func use(for connection: OpaquePointer) -> Bool {
        cmhd_use_credentials(connection, pointer, demandsClientCertificate ? 1 : 0) != 0
    }
}
