import OutboundHTTP
import Testing

@Suite struct `Text of others in messages` {
    @Test(arguments: ["the secret", "the secret\u{94E}", "secret\u{301} and more", "\u{301}secret"])
    func `shows no secret, whatever combines with it`(text: String) {
        let shown = SafeText(hiding: ["secret"]).shortened(text)
        #expect(!shown.unicodeScalars.contains("secret".unicodeScalars), "\(shown)")
        #expect(shown.contains("<redacted"))
    }

    @Test(arguments: ["sec\u{200B}ret", "s\u{AD}ecre\u{202E}\u{202C}t", "\u{FEFF}secret", "secre\u{E000}t"])
    func `shows no secret with invisible characters in its midst`(text: String) {
        #expect(SafeText(hiding: ["secret"]).shortened("a \(text) b") == "a <redacted> b")
    }

    @Test(arguments: ["two  words", "\ttwo\u{A0}words\n", "t\u{200B}wo words"])
    func `knows a secret by the form in which it would show`(secret: String) {
        let safe = SafeText(hiding: [secret, ""])
        #expect(safe.shortened("of two words here") == "of <redacted> here")
        #expect(safe.shortened(secret) == "<redacted>")
    }

    @Test func `shows no part of a secret at the end of a long text`() {
        let secret = String(repeating: "x", count: 1_000)
        let hidden = String(repeating: "\u{200B}", count: 5_000)
        let shown = SafeText(hiding: [secret]).shortened(hidden + secret + "." + secret + hidden + secret)
        #expect(shown == "<redacted>.<redacted><redacted>")
    }

    @Test func `replaces of two secrets the one that holds the other`() {
        #expect(SafeText(hiding: ["key", "key-long"]).shortened("key-long, key") == "<redacted>, <redacted>")
    }

    @Test func `is one line of at most so many characters`() {
        let safe = SafeText(hiding: [])
        #expect(safe.shortened("\r\n a\u{1B}[31m\u{2028}b\u{0} \t c \n") == "a [31m b c")
        #expect(safe.shortened("abcdef", to: 6) == "abcdef")
        #expect(safe.shortened("abcdefg", to: 6) == "abcde…")
        // One character, though a long one.
        #expect(safe.shortened("a" + String(repeating: "\u{301}", count: 1_000), to: 6).unicodeScalars.count == 6)
    }
}
