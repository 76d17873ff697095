import ConnectorCore

/// The continuation of a page: the `$skiptoken` of its `@odata.nextLink`. Nothing else of the link is used, so that no
/// answer can lead a call, and the token with it, to another host or path.
enum SkipToken {
    /// Microsoft's are about 100 bytes long.
    static let bytesMax = 8192

    static func end(of rows: borrowing JSONRows) throws(JSONFailure) -> PageEnd {
        guard rows.hasFlag else { return .last }
        guard let token = rows.flagText.flatMap(token) else { throw .noContinuation }
        return .next(token)
    }

    /// - Returns: `nil` where the link has no usable one.
    static func token(in link: String) -> String? {
        let query = link.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst().prefix { $0 != UInt8(ascii: "#") }
        for option in query.split(separator: UInt8(ascii: "&")) {
            let parts = option.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, decoded(parts[0])?.lowercased() == "$skiptoken" else { continue }
            guard let token = decoded(parts[1]), (1...bytesMax).contains(token.utf8.count),
                token.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
            else { return nil }
            return token
        }
        return nil
    }

    /// Without percent-encoding; `nil` where it is broken or not UTF-8.
    private static func decoded(_ text: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16), high != UInt8(ascii: "+")
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
