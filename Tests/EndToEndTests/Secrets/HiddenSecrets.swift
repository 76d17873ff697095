import Foundation
import Sandbox
import Testing

/// Credentials with a core that no encoding changes, and which therefore is found in whatever form one comes out.
struct HiddenSecrets: Sendable {
    static let proxy = "proxycore4d1e"
    private static let cores = [
        "appcore7f3a", "keycore55e1", "carcore91bd", "opcore2c6b", "readcore8d0f", "hookcore31ac", "querycore6e77",
        proxy,
    ]

    let options = SandboxOptions.small(machines: 12, rows: 3, alerts: 6) {
        $0.clientSecret = "~appcore7f3a+/=&%\""
        $0.carKey = "keycore55e1"
        $0.carPassword = "carcore91bd:\"/+"
        $0.carDelayMillisecondsMaximum = 1
    }
    let tokens = ["API_TOKEN": "operator-opcore2c6b-token", "API_READ_TOKEN": "reader-readcore8d0f-token"]

    func environment(webhook: String, logLevel: String) -> [String: String] {
        [
            "LOG_LEVEL": logLevel, "WEBHOOK_URL": "\(webhook)?key=querycore6e77",
            "WEBHOOK_SECRET": "hookcore31ac-for-signatures",
        ]
    }

    /// What CAR is sent as the password, and the sandbox's access tokens by their form.
    private var others: [String] {
        let pair = Data("\(options.carKey):\(options.carPassword)".utf8).base64EncodedString()
        // Without its last characters: padding may be written in several ways.
        return [String(pair.dropLast(4))]
    }

    /// Those found: their names, not where, because a failing test must not spread them.
    func found(in text: String) -> [String] {
        var found = (Self.cores + others).filter(text.contains)
        if text.range(of: "sandbox\\.[0-9a-f]{16}", options: .regularExpression) != nil { found.append("access token") }
        return found
    }

    func expectNone(in text: String, _ place: String, at location: SourceLocation = #_sourceLocation) {
        #expect(!text.isEmpty, "\(place)", sourceLocation: location)
        #expect(found(in: text) == [], "\(place)", sourceLocation: location)
    }
}
