extension CARSchema.Rule {
    private static let hostRefused = Set("&#^|?<>[]".utf8)
    private static let keyMarks = Set("_:@=;!'%-.()+,$*".utf8)

    /// Why the value breaks the rule; `nil` when it doesn't.
    func complaint(_ value: JSONValue) -> String? {
        switch self {
        case .string: value.stringValue == nil ? "must be a string" : nil
        case .nonEmptyString: value.stringValue.map { $0.isEmpty ? "must not be empty" : nil } ?? "must be a string"
        case .number: value.numberValue == nil ? "must be a number" : nil
        case .bool: value.boolValue == nil ? "must be a boolean" : nil
        case .strings:
            value.arrayValue?.allSatisfy { $0.stringValue != nil } == true ? nil : "must be an array of strings"
        case .stringMap:
            value.objectValue?.allSatisfy { $0.value.stringValue != nil } == true ? nil : "must be an object of strings"
        case .object: value.objectValue == nil ? "must be an object" : nil
        case .score: range(value, 0...10)
        case .businessValue: range(value, 1...10)
        // A day of 1973 in milliseconds, and a day of 5138 in seconds: no date of interest is mistaken.
        case .milliseconds: range(value, 1e11...1e14, "must be epoch milliseconds")
        case .address: text(value, "an address", Self.isAddress)
        case .mac: text(value, "a MAC address of hex pairs with colons", Self.isMAC)
        case .hostID:
            text(value, "a host name without & # ^ | ? < > [ ]") {
                !$0.isEmpty && !$0.contains(where: Self.hostRefused.contains)
            }
        case .key: text(value, "a key", Self.isKey)
        }
    }

    private func range(_ value: JSONValue, _ range: ClosedRange<Double>, _ complaint: String? = nil) -> String? {
        guard let number = value.numberValue else { return "must be a number" }
        return range.contains(number)
            ? nil : complaint ?? "must be between \(Int(range.lowerBound)) and \(Int(range.upperBound))"
    }

    private func text(_ value: JSONValue, _ wanted: String, _ test: (String.UTF8View) -> Bool) -> String? {
        guard let text = value.stringValue else { return "must be a string" }
        return test(text.utf8) ? nil : "must be \(wanted)"
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func isAddress(_ text: String.UTF8View) -> Bool {
        (1...254).contains(text.count)
            && text.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }

    private static func isMAC(_ text: String.UTF8View) -> Bool {
        let pairs = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return (pairs.count == 6 || pairs.count == 8) && pairs.allSatisfy { $0.count == 2 && $0.allSatisfy(isHex) }
    }

    private static func isKey(_ text: String.UTF8View) -> Bool {
        (1...254).contains(text.count)
            && text.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || keyMarks.contains($0)
            }
    }
}
