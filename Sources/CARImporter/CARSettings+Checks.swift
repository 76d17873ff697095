import Foundation
import OutboundHTTP

/// Every setting of CAR that can't be used.
public struct CARSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public struct Problem: Sendable, Equatable {
        /// `baseURL`, `source`, `authorization`.
        public var field: String
        public var reason: String
    }

    public var problems: [Problem]

    public var description: String {
        problems.map { "\($0.field): \($0.reason)" }.joined(separator: "; ")
    }
}

extension CARSettings {
    static func problems(ofURL url: String) -> [CARSettingsError.Problem] {
        func problem(_ reason: String) -> [CARSettingsError.Problem] { [.init(field: "baseURL", reason: reason)] }
        let bytes = Array(url.utf8)
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return problem("holds white space or a character that needs percent-encoding")
        }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "https" || scheme == "http", let host = parts.host, !host.isEmpty
        else { return problem("must look like https://host/api/car/v2") }
        if parts.user != nil || parts.password != nil { return problem("must not hold a user name or password") }
        if parts.query != nil || parts.fragment != nil { return problem("must not hold a query or fragment") }
        return []
    }

    static func problems(ofSource source: String) -> [CARSettingsError.Problem] {
        func problem(_ reason: String) -> [CARSettingsError.Problem] { [.init(field: "source", reason: reason)] }
        if source.isEmpty { return problem("is empty") }
        if source.utf8.count > 254 { return problem("is longer than 254 bytes") }
        guard source.utf8.allSatisfy(isKeyByte) else {
            return problem("may hold letters, digits and _ : @ = ; ! ' % - . ( ) + , $ * only")
        }
        // As a path segment these would name another resource.
        if source == "." || source == ".." { return problem("must not be . or ..") }
        return []
    }

    static func problems(of authorization: CARAuthorization) -> [CARSettingsError.Problem] {
        func problem(_ reason: String) -> [CARSettingsError.Problem] { [.init(field: "authorization", reason: reason)] }
        switch authorization {
        case .basic(let key, let password):
            if key.isEmpty || password.isEmpty { return problem("key and password must not be empty") }
            if key.reveal().contains(":") { return problem("the key must not hold a colon") }
            return hasControl(key) || hasControl(password) ? problem("key or password holds a control character") : []
        case .token(let token):
            if token.isEmpty { return problem("the token must not be empty") }
            return hasControl(token) ? problem("the token holds a control character, such as a line break") : []
        }
    }

    private static func hasControl(_ secret: Secret) -> Bool {
        secret.reveal().utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }

    /// What CAR's import schema allows in the `_key` of a source.
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "_:@=;!'%-.()+,$*".utf8.contains(byte)
        }
    }
}
