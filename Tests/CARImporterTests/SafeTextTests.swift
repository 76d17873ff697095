import Testing

@testable import CARImporter

@Suite struct `Text of CAR in messages` {
    @Test(arguments: ["the secret", "the secret\u{94E}", "secret\u{301} and more", "\u{301}secret"])
    func `shows no secret, whatever combines with it`(text: String) {
        let shown = SafeText(hiding: ["secret"]).shortened(text)
        #expect(!shown.unicodeScalars.contains("secret".unicodeScalars), "\(shown)")
        #expect(shown.contains("<redacted"))
    }
}
