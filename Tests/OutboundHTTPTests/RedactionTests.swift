import OutboundHTTP
import Testing

@Suite struct `Redaction` {
    @Test func `a secret prints as redacted everywhere`() {
        let secret = Secret("s3cr3t")
        var dumped = ""
        dump([secret], to: &dumped)
        dump(["nested": (secret, 1)], to: &dumped)
        let printed = "\(secret) \(String(reflecting: secret)) \([secret]) \(Optional(secret) as Any) \(dumped)"
        #expect(!printed.contains("s3cr3t"))
        #expect(printed.contains("<redacted>"))
        #expect(secret.reveal() == "s3cr3t")
        #expect(Secret("").isEmpty)
    }

    @Test func `a request prints without credentials, query, header values and body`() {
        var request = OutboundRequest(
            .post, url: "https://user:s3cr3t@host:8443/path?key=s3cr3t#s3cr3t", headers: [("X-Key", "s3cr3t")],
            body: Array("s3cr3t".utf8))
        request.authorization = Secret("Bearer s3cr3t")
        request.label = "car import"
        var printed = "\(request) \(String(reflecting: request)) \([request])"
        dump(request, to: &printed)
        #expect(!printed.contains("s3cr3t"))
        #expect("\(request)" == "POST https://host:8443/path (car import)")
    }

    @Test(arguments: [
        ("https://api.example.com/a/b?x=1", "https://api.example.com/a/b", "api.example.com:443"),
        ("http://u@h/", "http://h/", "h:80"),
        ("http://[::1]:8080/x#y", "http://[::1]:8080/x", "[::1]:8080"),
        ("no url at all", "<unparsable URL>", "<unparsable URL>"),
        ("", "<unparsable URL>", "<unparsable URL>"),
    ])
    func `a safe URL keeps scheme, host and path`(url: String, shown: String, peer: String) {
        #expect(SafeURL(url).description == shown)
        #expect(SafeURL(url).hostAndPort == peer)
    }
}
