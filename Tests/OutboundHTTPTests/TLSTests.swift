import Foundation
import OutboundHTTP
import Testing

/// `openssl s_server -www` on a port of its own choice, with a certificate for 127.0.0.1 signed by itself.
private final class TLSServer {
    let port: String
    let certificate: String
    private let folder: URL
    private let process = Process()

    init(name: String = "test", extension subject: String = "subjectAltName=IP:127.0.0.1") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        _ = try CommandLineTool.output(
            of: "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-utf8", "-subj", "/CN=\(name)", "-addext", subject, "-keyout", key, "-out", certificate,
            ])
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // It says "ACCEPT 127.0.0.1:40123" once it listens.
        var text = ""
        while !(text.contains("ACCEPT ") && text.hasSuffix("\n")) {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw POSIXError(.ECHILD) }
            text += String(decoding: bytes, as: UTF8.self)
        }
        port = text.trimmingCharacters(in: .whitespacesAndNewlines).components(separatedBy: ":").last ?? ""
    }

    deinit {
        process.terminate()
        try? FileManager.default.removeItem(at: folder)  // A leftover in the temporary directory does no harm.
    }
}

@Suite struct `TLS` {
    @Test(.timeLimit(.minutes(5))) func `a self-signed certificate is refused, and accepted with its CA file`()
        async throws
    {
        let server = try TLSServer()
        let request = OutboundRequest(.get, url: "https://127.0.0.1:\(server.port)/")
        let plain = HTTPClient(configuration: HTTPClientConfiguration())
        let error = await #expect(throws: OutboundError.self) { try await plain.send(request) }
        #expect(error == .tls("127.0.0.1:\(server.port): SSL certificate problem: self-signed certificate"))
        let trusting = HTTPClient(configuration: HTTPClientConfiguration(caFile: server.certificate))
        #expect(try await trusting.send(request).status == 200)
    }

    @Test(.timeLimit(.minutes(5))) func `a certificate for another host is refused`() async throws {
        let server = try TLSServer(extension: "subjectAltName=DNS:other.example")
        let client = HTTPClient(configuration: HTTPClientConfiguration(caFile: server.certificate))
        let error = await #expect(throws: OutboundError.self) {
            try await client.send(OutboundRequest(.get, url: "https://127.0.0.1:\(server.port)/"))
        }
        #expect(error?.kind == "tls")
    }

    @Test(.timeLimit(.minutes(5))) func `a certificate's name is shown without what a terminal would obey`()
        async throws
    {
        let server = try TLSServer(name: "a\u{1B}[2J\u{202E}b", extension: "basicConstraints=critical,CA:TRUE")
        let client = HTTPClient(configuration: HTTPClientConfiguration(caFile: server.certificate))
        let error = await #expect(throws: OutboundError.self) {
            try await client.send(OutboundRequest(.get, url: "https://127.0.0.1:\(server.port)/"))
        }
        #expect(error?.kind == "tls")
        #expect(error?.description.contains("'a [2Jb'") == true, "\(String(describing: error))")
    }

    @Test func `a CA file that is not there is named`() async throws {
        let client = HTTPClient(configuration: HTTPClientConfiguration(caFile: "/nowhere/ca.pem"))
        let server = try RawServer(always: "")
        let error = await #expect(throws: OutboundError.self) {
            try await client.send(OutboundRequest(.get, url: "https://127.0.0.1:\(server.port)/"))
        }
        guard case .tls(let text) = error else {
            Issue.record("not a TLS error: \(String(describing: error))")
            return
        }
        #expect(text.contains("/nowhere/ca.pem"))
    }

    @Test func `a handshake that gets no answer ends with the deadline`() async throws {
        let client = HTTPClient(configuration: HTTPClientConfiguration())
        // The handshake's bytes never make a request, so this server only reads.
        let server = try RawServer(always: "")
        var request = OutboundRequest(.get, url: "https://127.0.0.1:\(server.port)/")
        request.deadlineSeconds = 0.3
        await #expect(throws: OutboundError.timedOut) { try await client.send(request) }
    }
}
