/// JSON as bytes, appended piece by piece; the caller writes the punctuation of objects and arrays.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserveCapacity(_ capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Appends text that is JSON already.
    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func raw(_ json: [UInt8]) {
        bytes.append(contentsOf: json)
    }

    mutating func raw(_ other: JSONBytes) {
        bytes.append(contentsOf: other.bytes)
    }

    /// Takes back what was appended last.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    /// A string literal.
    mutating func string(_ text: String) {
        bytes.append(0x22)
        escaped(text)
        bytes.append(0x22)
    }

    /// The inside of a string literal: quotation mark, backslash and the control characters below U+0020 are escaped
    /// (RFC 8259 7).
    mutating func escaped(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            var rest = utf8[...]
            // Nearly always there is none.
            while let index = rest.firstIndex(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<index]))
                escape(rest[index])
                rest = rest[(index + 1)...]
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: rest))
        }
    }

    mutating func integer(_ value: Int64) {
        bytes.append(contentsOf: String(value).utf8)
    }

    /// The shortest decimal that reads back as the same number, without exponent and without a bare `.0`.
    ///
    /// - Precondition: `value` is finite.
    mutating func number(_ value: Double) {
        precondition(value.isFinite, "JSON has no such number")
        bytes.append(contentsOf: Decimal.digits(of: value).utf8)
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(0x5C)
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x08: bytes.append(0x62)
        case 0x09: bytes.append(0x74)
        case 0x0A: bytes.append(0x6E)
        case 0x0C: bytes.append(0x66)
        case 0x0D: bytes.append(0x72)
        default:
            raw("u00")
            bytes.append(0x30 + byte >> 4)
            let low = byte & 15
            bytes.append(low < 10 ? 0x30 + low : 0x61 + low - 10)
        }
    }
}

/// Decimal notation of a double.
private enum Decimal {
    static func digits(of value: Double) -> String {
        // Swift's description is the shortest that reads back as the same number: `9.8`, `7.0`, `1e-05`, `1.5e+16`.
        let text = value == 0 ? "0" : value.description
        guard let exponentMark = text.firstIndex(of: "e") else {
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let mantissa = text[..<exponentMark]
        guard let exponent = Int(text[text.index(after: exponentMark)...]) else { return text }
        let sign = mantissa.hasPrefix("-") ? "-" : ""
        let parts = mantissa.drop { $0 == "-" }.split(separator: ".")
        let whole = parts.first.map(String.init) ?? "0"
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let all = whole + fraction
        let point = whole.count + exponent
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + all }
        if point >= all.count { return sign + all + String(repeating: "0", count: point - all.count) }
        return "\(sign)\(all.prefix(point)).\(all.dropFirst(point))"
    }
}
