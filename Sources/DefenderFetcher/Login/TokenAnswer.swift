import Foundation

/// The token endpoint's `{"access_token":"...","expires_in":3599,"token_type":"Bearer"}`; `expires_in` may be a string.
struct TokenAnswer {
    /// Where the answer does not say; shorter than any token lives.
    private static let lifetimeSecondsDefault = 600.0
    private static let lifetimeSecondsMax = 86_400.0

    let accessToken: String
    let lifetimeSeconds: Double

    /// `nil` if it is no token that can be used as a bearer token.
    init?(_ body: [UInt8]) {
        guard let root = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            let token = root["access_token"] as? String, !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        if let type = root["token_type"] as? String, type.lowercased() != "bearer" { return nil }
        accessToken = token
        let given = (root["expires_in"] as? Double) ?? (root["expires_in"] as? String).flatMap(Double.init)
        let seconds = given.flatMap { $0.isFinite ? $0 : nil } ?? TokenAnswer.lifetimeSecondsDefault
        lifetimeSeconds = min(max(0, seconds), TokenAnswer.lifetimeSecondsMax)
    }
}
