/// Decoding of percent-escapes (RFC 3986 2.1) and of queries.
enum PercentEncoding {
    /// The text behind `bytes`, or `nil` for a malformed escape, a NUL, or bytes that are not UTF-8.
    ///
    /// - Parameter plusIsSpace: whether `+` stands for a space, as it does in queries.
    static func decode<Bytes: Collection>(_ bytes: Bytes, plusIsSpace: Bool = false) -> String?
    where Bytes.Element == UInt8 {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case 0: return nil
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
                    return nil
                }
                let value = high << 4 | low
                if value == 0 { return nil }
                decoded.append(value)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// The parameters of a raw query in their order; `nil` when one can't be decoded. Empty parts (`a&&b`) are dropped, a
    /// part without `=` has an empty value.
    static func decodeQuery(_ query: [UInt8]) -> [HTTPRequest.QueryItem]? {
        var items: [HTTPRequest.QueryItem] = []
        for part in query.split(separator: UInt8(ascii: "&")) {
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(halves[0], plusIsSpace: true),
                let value = halves.count == 2 ? decode(halves[1], plusIsSpace: true) : ""
            else { return nil }
            items.append(HTTPRequest.QueryItem(name: name, value: value))
        }
        return items
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
