import Foundation
import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `TLS` {
    /// A directory with a certificate authority, a server's certificate for loopback and a client's, made by `openssl`.
    private final class Certificates {
        let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "microhttp-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            for authority in ["ca", "other-ca"] {
                try make(
                    ["req", "-x509"] + key + ["-keyout", "\(authority).key", "-out", "\(authority).pem"]
                        + ["-subj", "/CN=\(authority)"])
            }
            for (name, authority) in [("server", "ca"), ("client", "ca"), ("stranger", "other-ca")] {
                try make(
                    ["req", "-x509"] + key + ["-CA", "\(authority).pem", "-CAkey", "\(authority).key"]
                        + ["-keyout", "\(name).key", "-out", "\(name).pem", "-subj", "/CN=\(name)"]
                        + ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            }
        }

        deinit {
            // Nothing depends on it: the folder is a temporary one.
            try? FileManager.default.removeItem(at: folder)
        }

        func text(_ file: String) throws -> String {
            try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        }

        private func make(_ arguments: [String]) throws {
            let result = try run(arguments, input: "")
            guard result.status == 0 else { throw RawClient.Failure.noAnswer(result.errors) }
        }

        func run(_ arguments: [String], input: String) throws -> (status: Int32, output: String, errors: String) {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["timeout", "20", "openssl"] + arguments
            process.currentDirectoryURL = folder
            let (stdin, stdout) = (Pipe(), Pipe())
            let errors = folder.appending(path: "stderr-\(UUID().uuidString)")
            try Data().write(to: errors)
            process.standardInput = stdin
            process.standardOutput = stdout
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try stdin.fileHandleForWriting.close()
            let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (
                process.terminationStatus, String(decoding: output, as: UTF8.self),
                try String(contentsOf: errors, encoding: .utf8)
            )
        }

        /// What the server answers to a GET over TLS; empty when the handshake fails.
        func get(port: UInt16, client: String?, version: String, authority: String = "ca") throws -> String {
            let identity = client.map { ["-cert", "\($0).pem", "-key", "\($0).key"] } ?? []
            return try run(
                [
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", "\(authority).pem", "-verify_return_error",
                    "-quiet",
                ]
                    + ["-no_ign_eof", "-ign_eof", version] + identity,
                input: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            ).output
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"]) func `serves HTTPS with the given certificate`(version: String) throws {
        let certificates = try Certificates()
        let tls = try HTTPServerTLS(certificate: certificates.text("server.pem"), key: certificates.text("server.key"))
        try withServer({ $0.tls = tls }, handler: echo) { server throws in
            let answer = try certificates.get(port: server.port, client: nil, version: version)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.hasSuffix("GET /\n\n"))
            // Plain HTTP on the same port is cut, not answered.
            let plain = try RawClient(port: server.port)
            plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(plain.readToEnd()?.contains("200") == false)
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `lets in clients with a certificate of the authority only, when one is set`(version: String) throws {
        let certificates = try Certificates()
        let tls = try HTTPServerTLS(
            certificate: certificates.text("server.pem"), key: certificates.text("server.key"),
            clientAuthorities: certificates.text("ca.pem"))
        let reached = Event()
        try withServer(
            { $0.tls = tls },
            handler: { request in
                reached.happen()
                return try echo(request)
            }
        ) { server throws in
            let answer = try certificates.get(port: server.port, client: "client", version: version)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(reached.count == 1)
            #expect(try !certificates.get(port: server.port, client: nil, version: version).contains("200"))
            #expect(try !certificates.get(port: server.port, client: "stranger", version: version).contains("200"))
            #expect(reached.count == 1)
        }
    }

    @Test func `uses certificates and authorities that are replaced, for connections from then on`() throws {
        let certificates = try Certificates()
        let key = try certificates.text("server.key")
        let tls = try HTTPServerTLS(
            certificate: certificates.text("server.pem"), key: key, clientAuthorities: certificates.text("ca.pem"))
        try withServer({ $0.tls = tls }, handler: echo) { server throws in
            func status(_ client: String, authority: String) throws -> Bool {
                try certificates.get(port: server.port, client: client, version: "-tls1_3", authority: authority)
                    .hasPrefix("HTTP/1.1 200")
            }
            #expect(try status("client", authority: "ca"))
            #expect(try !status("stranger", authority: "ca"))

            var other = try HTTPServerTLS(
                certificate: certificates.text("stranger.pem"), key: certificates.text("stranger.key"),
                clientAuthorities: certificates.text("other-ca.pem"))
            try server.replaceTLS(other)
            #expect(try status("stranger", authority: "other-ca"))
            #expect(try !status("stranger", authority: "ca"))
            #expect(try !status("client", authority: "other-ca"))

            other.key = key
            let error = #expect(throws: HTTPServerError.self) { try server.replaceTLS(other) }
            #expect(error?.reason == .badCertificate)
            other.clientAuthorities = nil
            #expect(throws: HTTPServerError.self) { try server.replaceTLS(other) }
            #expect(try status("stranger", authority: "other-ca"))
        }
    }

    @Test func `refuses to start with unusable texts and says which`() throws {
        let certificates = try Certificates()
        let (certificate, key) = try (certificates.text("server.pem"), certificates.text("server.key"))
        let other = try certificates.text("client.key")
        for (tls, word) in [
            (HTTPServerTLS(certificate: "no", key: key), "certificate and key"),
            (HTTPServerTLS(certificate: certificate, key: ""), "certificate and key"),
            (HTTPServerTLS(certificate: certificate, key: other), "certificate and key"),
            (HTTPServerTLS(certificate: certificate, key: key, clientAuthorities: "x"), "client authorities"),
        ] {
            var configuration = HTTPServerConfiguration()
            configuration.tls = tls
            let server = HTTPServer(configuration: configuration, handler: echo)
            let error = #expect(throws: HTTPServerError.self) { try server.start() }
            #expect(error?.reason == .badCertificate)
            #expect(error?.description.contains(word) == true)
            #expect(!"\(tls)".contains("PRIVATE"))
        }
    }
}
