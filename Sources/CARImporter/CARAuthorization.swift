import Foundation
import OutboundHTTP

/// How CAR knows the connector.
public enum CARAuthorization: Sendable {
    /// HTTP Basic: an API key and its password.
    case basic(key: Secret, password: Secret)
    /// `Authorization: car-token TOKEN`.
    case token(Secret)

    /// The whole value of the Authorization header.
    var header: Secret {
        switch self {
        case .basic(let key, let password):
            Secret("Basic " + Data("\(key.reveal()):\(password.reveal())".utf8).base64EncodedString())
        case .token(let token):
            Secret("car-token " + token.reveal())
        }
    }

    /// What must not be shown even where CAR or a proxy repeats it.
    var secretTexts: [String] {
        let parts: [String] =
            switch self {
            case .basic(let key, let password): [password.reveal(), key.reveal()]
            case .token(let token): [token.reveal()]
            }
        let encoded = header.reveal().split(separator: " ", maxSplits: 1).last.map(String.init)
        // A text of one or two letters would blank out half of every message and protects nothing.
        return (parts + [encoded].compactMap { $0 }).filter { $0.utf8.count >= 4 }
    }
}
