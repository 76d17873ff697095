import OutboundHTTP
import Testing

@testable import DefenderFetcher

@Suite struct `Text of Microsoft in messages` {
    @Test(arguments: ["the secret", "the secret\u{94E}", "secret\u{301} and more", "\u{301}secret"])
    func `shows no secret, whatever combines with it`(text: String) throws {
        let body = #"{"error":{"code":"Bad","message":"\#(text)","target":"\#(text)"}}"#
        let shown = try #require(ErrorBody(Array(body.utf8))).detail(SafeText(hiding: ["secret"]))
        #expect(!shown.unicodeScalars.contains("secret".unicodeScalars), "\(shown)")
        #expect(shown.contains("<redacted"))
    }
}
