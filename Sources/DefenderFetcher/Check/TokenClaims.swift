import Foundation
import OutboundHTTP

/// What an access token says of itself, for a person's diagnosis only: nothing is decided by it and no signature is
/// checked.
struct TokenClaims: Sendable, Equatable {
    private static let rolesMax = 20
    private static let lengthMax = 100

    /// Application permissions that were consented to; empty where none was.
    var roles: [String]
    /// The resource that the token is for, a URL or GUID.
    var audience: String?

    init(roles: [String], audience: String? = nil) {
        self.roles = roles
        self.audience = audience
    }

    /// - Returns: `nil` for a token that is not a JWT with a JSON payload.
    init?(token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].utf8.count <= 64 << 10, let payload = TokenClaims.decoded(parts[1]),
            let claims = try? JSONSerialization.jsonObject(with: payload) as? [String: Any]
        else { return nil }
        let given = (claims["roles"] as? [Any])?.compactMap { $0 as? String } ?? []
        roles = given.filter(TokenClaims.isPlain).prefix(TokenClaims.rolesMax).sorted()
        audience = (claims["aud"] as? String).flatMap { TokenClaims.isPlain($0) ? $0 : nil }
    }

    /// Whether the token carries the permission, or the one to write, which holds it.
    func allows(_ permission: String) -> Bool {
        roles.contains(permission) || roles.contains(permission.replacing(".Read.", with: ".ReadWrite."))
    }

    private static func decoded(_ text: Substring) -> Data? {
        var base64 = String(text).replacing("-", with: "+").replacing("_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        return Data(base64Encoded: base64)
    }

    /// Fit to be shown: what permissions and resources are made of.
    private static func isPlain(_ text: String) -> Bool {
        (1...lengthMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                URLEncoding.isUnreserved($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":")
            }
    }
}
