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

    @Test(arguments: [
        "pA55/wo~rd\"ä+?", "pA55%2fwo~rd%22%c3%a4%2B%3f", "pA55%2Fwo%7Erd%22%E4%2B%3F", "PA55/WO~RD\"Ä+?",
        "pA55%252Fwo%257Erd%2522%25C3%25A4%252B%253F", #"pA55\/wo~rd\"\u00e4+?"#, #"pA55\\/wo~rd\\\"\\u00E4+?"#,
        "pA55&#x2F;wo~rd&quot;&#228;&#43;?", "pA55/wo~rd&amp;quot;ä+?", "pA55%2\nFwo~rd\"ä+?", "pA55/\r\n wo~rd\"ä+?",
        "p\u{FE0F}A\u{34F}5\u{3164}5/wo~rd\"ä\u{115F}+?", "pA\u{301}55/wo~rd\"ä\u{20DD}+?", #"pA55\x2fwo~rd\x22ä+?"#,
        "cEE1NS93b35yZCLDpCs/", "cEE1NS93b35yZCLDpCs_", "cEE1NS93b35yZCLDpCs%2f", "cEE1NS93\r\n\tb35yZCLDpCs/",
        "pA55/wo~", "pA55%2fwo~rd", "cEE1NS93b35",
    ])
    func `shows no secret, however it is written`(text: String) {
        let safe = SafeText(hiding: [#"pA55/wo~rd"ä+?"#])
        let shown = safe.shortened("body: {\(text)} end")
        #expect(shown == "body: {<redacted>} end")
    }

    @Test(arguments: ["QWxhZGRpbjpvcGVu", "QWxhZGRpbjpvcGU=", "QWxhZGRpbjpvcA=="])
    func `shows no base64 without its padding, or with it percent-encoded`(secret: String) {
        let safe = SafeText(hiding: [secret])
        let bare = secret.filter { $0 != "=" }
        #expect(safe.shortened("Basic \(secret).") == "Basic <redacted>.")
        #expect(safe.shortened("Basic \(bare).") == "Basic <redacted>.")
        #expect(safe.shortened("Basic \(bare)%3D%3d").hasPrefix("Basic <redacted>"))
    }

    /// It is decoded as the text around it is, and sometimes should not be.
    @Test(arguments: ["%41%2f%62\\n&amp;", "41abcdefgh", "name&lt;key", "\\u0041-token"])
    func `finds a secret that looks encoded, and one behind what looks so`(secret: String) {
        let safe = SafeText(hiding: [secret])
        let encoded = secret.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let escaped = secret.replacing("\\", with: "\\\\")
        for text in [
            secret, encoded, escaped, secret.replacing("%", with: "%25"), secret.replacing("&", with: "&amp;"),
        ] {
            #expect(safe.shortened("a \(text) b") == "a <redacted> b")
        }
        #expect(safe.shortened("100%\(secret)") == "100%<redacted>")
        #expect(safe.shortened("\\\(secret)").hasSuffix("<redacted>"))
    }

    @Test func `shows no beginning of eight characters of a secret`() {
        let safe = SafeText(hiding: ["correct-horse-battery"])
        #expect(safe.shortened("first bytes: correct-hor...") == "first bytes: <redacted>...")
        #expect(safe.shortened("correct-, correct; horse-battery") == "<redacted>, correct; horse-battery")
    }

    @Test func `hides of secrets that overlap all that belongs to one`() {
        let safe = SafeText(hiding: ["abcdefgh", "efghijkl", "ghi%6a"])
        #expect(safe.shortened("_abcdefghijkl_") == "_<redacted>_")
        #expect(safe.shortened("_abcdefghi%6A%6bl_") == "_<redacted>_")
    }

    @Test func `leaves ordinary words alone`() {
        let safe = SafeText(hiding: ["xyz", "of-it", "9c1f0f6e-1111-4222-8333-944445555666"])
        let text = "Other THE% 100%25 &c. C:\\new \\u00zz &unknown; &#xFFFFFFFF; %zz %C3 9c1f0f6 \u{E9}l\u{E8}ve Of it"
        #expect(safe.shortened(text) == text)
    }

    @Test(arguments: [
        "%", "\\", "&", "&#", "&#x", "&#x;", "&;", "\\u", "\\ud83d", "\\ud83d\\u0041", "%c3", "%c3%", "%ff", "\\x",
    ])
    func `takes what only begins like an escape sequence as it is`(text: String) {
        let safe = SafeText(hiding: ["secret", text])
        #expect(safe.shortened("secret") == "<redacted>")
        #expect(safe.shortened(text) == "<redacted>")
        #expect(SafeText(hiding: ["secret"]).shortened("\(text)secret\(text)") == "\(text)<redacted>\(text)")
    }

    /// Where the text is no longer looked at, whatever would be needed to know a secret there.
    @Test func `shows no secret where a long text is cut`() {
        let long = String(repeating: "x", count: 19_100)
        let safe = SafeText(hiding: ["0123456789abcdef", long])
        let secret = "%2530%2531%2532%2533%2534%2535%2536%2537%2538%2539abcdef"
        for count in 0..<130 {
            let shown = safe.shortened(long + String(repeating: ".", count: count) + secret + "end")
            #expect(shown.hasPrefix("<redacted>") && !shown.contains("%") && !shown.contains("0"), "\(shown)")
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["x", "%25", "=", " ", "\u{200B}", "xxxxxxxxxxxxxxxy", "&amp;", "\\"])
    func `takes no time for a text of megabytes`(part: String) {
        let text = String(repeating: part, count: 2_000_000 / part.utf8.count)
        let safe = SafeText(hiding: [String(repeating: "x", count: 5_000) + "z", "secret"])
        #expect(safe.shortened(text + "secret").unicodeScalars.count <= 300)
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
