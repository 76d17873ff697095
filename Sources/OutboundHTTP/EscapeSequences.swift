/// Reads the escape sequences of URLs (`%2F`), JSON (`\u002F`, `\/`) and HTML (`&#x2F;`, `&quot;`) in a folded text, in
/// which hexadecimal digits and names are in lower case.
struct EscapeSequences {
    let scalars: [Unicode.Scalar]

    private static let names: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "sol": "/", "plus": "+",
        "percnt": "%", "colon": ":",
    ]
    private static let bodyMax = 8

    /// What the sequence that begins there stands for, and its length; `nil` where none does.
    func decoded(at position: Int) -> (Unicode.Scalar, length: Int)? {
        switch scalars[position] {
        case "%": percent(position)
        case "\\": backslash(position)
        case "&": entity(position)
        default: nil
        }
    }

    private func percent(_ position: Int) -> (Unicode.Scalar, length: Int)? {
        guard let first = byte(position) else { return nil }
        let count = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        let bytes = (0..<count).compactMap { byte(position + 3 * $0) }
        if let text = String(validating: bytes, as: UTF8.self)?.unicodeScalars, text.count == 1, let scalar = text.first
        {
            return (scalar, 3 * bytes.count)
        }
        // No UTF-8, so perhaps Latin-1.
        return (Unicode.Scalar(first), 3)
    }

    private func byte(_ position: Int) -> UInt8? {
        guard position < scalars.count, scalars[position] == "%" else { return nil }
        return hexadecimal(position + 1, digits: 2).map { UInt8($0) }
    }

    private func backslash(_ position: Int) -> (Unicode.Scalar, length: Int)? {
        guard position + 1 < scalars.count else { return nil }
        switch scalars[position + 1] {
        case "u": return utf16(position)
        case "x":
            guard let value = hexadecimal(position + 2, digits: 2) else { return nil }
            return Unicode.Scalar(value).map { ($0, 4) }
        case "b", "f", "n", "r", "t": return (" ", 2)
        case "!"..."/", ":"..."@", "["..."`", "{"..."~": return (scalars[position + 1], 2)
        default: return nil
        }
    }

    private func utf16(_ position: Int) -> (Unicode.Scalar, length: Int)? {
        guard let high = hexadecimal(position + 2, digits: 4) else { return nil }
        if let scalar = Unicode.Scalar(high) { return (scalar, 6) }
        guard scalars.dropFirst(position + 6).starts(with: ["\\", "u"]),
            let low = hexadecimal(position + 8, digits: 4), (0xD800..<0xDC00).contains(high),
            (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)).map { ($0, 12) }
    }

    private func entity(_ position: Int) -> (Unicode.Scalar, length: Int)? {
        let rest = scalars[(position + 1)...].prefix(EscapeSequences.bodyMax + 1)
        guard let end = rest.firstIndex(of: ";") else { return nil }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: rest[..<end])
        let text = String(name)
        let number = text.hasPrefix("#x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text.dropFirst())
        let scalar = text.hasPrefix("#") ? number.flatMap(Unicode.Scalar.init) : EscapeSequences.names[text]
        return scalar.map { ($0, end - position + 1) }
    }

    private func hexadecimal(_ position: Int, digits: Int) -> UInt32? {
        guard position + digits <= scalars.count else { return nil }
        var value: UInt32 = 0
        for scalar in scalars[position..<position + digits] {
            switch scalar {
            case "0"..."9": value = value << 4 + (scalar.value - 0x30)
            case "a"..."f": value = value << 4 + (scalar.value - 0x57)
            default: return nil
            }
        }
        return value
    }
}
