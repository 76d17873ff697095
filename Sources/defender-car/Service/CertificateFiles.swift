import Foundation
import Glibc
import Logging
import MicroHTTP

/// The PEM files of HTTPS. They are replaced while the service runs: by the tools of their issuers in place, by Kubernetes
/// through a symbolic link.
struct CertificateFiles: Sendable {
    static let intervalSeconds = 5

    var certificate: String
    var key: String
    var clientAuthorities: String?

    init?(_ settings: ServiceSettings) {
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
        self.certificate = certificate
        self.key = key
        clientAuthorities = settings.tlsClientAuthorities
    }

    /// - Throws: where a file can't be read.
    func read() throws -> HTTPServerTLS {
        HTTPServerTLS(
            certificate: try Self.text(certificate), key: try Self.text(key),
            clientAuthorities: try clientAuthorities.map(Self.text))
    }

    /// What is no text is the TLS library's to refuse.
    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    /// Finds out before anything starts whether a server can use the files.
    ///
    /// - Throws: `SettingsError` with the setting whose file it can't use.
    func check() throws {
        var setting = "TLS_KEY"
        do {
            var tls = try read()
            let authorities = tls.clientAuthorities
            tls.clientAuthorities = nil
            try tls.check()
            setting = "TLS_CLIENT_CA"
            tls.clientAuthorities = authorities
            try tls.check()
        } catch {
            let reason = (error as? HTTPServerError)?.description ?? error.localizedDescription
            throw SettingsError(problems: [SettingProblem(setting: setting, reason: reason)])
        }
    }

    /// What changes with the files; a missing one has none.
    func stamps() -> [Stamp?] {
        [certificate, key, clientAuthorities].compactMap { $0 }.map(Stamp.init)
    }

    struct Stamp: Equatable {
        private var inode: UInt
        private var size: Int
        private var seconds: Int
        private var nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// Gives the server what the files hold whenever they have changed, until cancelled. Files that don't fit together,
    /// as while they are being replaced, change nothing; each change is logged once.
    ///
    /// - Parameter stamps: those of the files that the server has read.
    func follow(_ server: HTTPServer, since stamps: [Stamp?], logger: Logger) async {
        var stamps = stamps
        while (try? await Task.sleep(for: .seconds(Self.intervalSeconds))) != nil {
            let current = self.stamps()
            guard current != stamps else { continue }
            stamps = current
            do {
                try server.replaceTLS(read())
                logger.notice("TLS certificates read again", metadata: ["certificate": "\(certificate)"])
            } catch {
                logger.error(
                    "the changed TLS files can't be used; the service goes on with the certificates that it has",
                    metadata: ["certificate": "\(certificate)", "error": "\(error)"])
            }
        }
    }
}
