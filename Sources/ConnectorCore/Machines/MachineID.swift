/// The id of a machine in Defender: 40 hexadecimal digits, called `id`, `machineId` or `DeviceId` upstream.
///
/// Only a valid id can be made, so one that reaches a query or a URL can't break out of it. Its letters are small, whatever
/// case an answer gives them: lists, alerts and hunting rows name one machine, and hunting compares ids with case.
public struct MachineID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let text: String

    /// - Returns: `nil` unless `text` is exactly 40 hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 40, text.utf8.allSatisfy(\.isHexDigit) else { return nil }
        self.text = text.utf8.contains { $0 < 0x60 && $0 > 0x40 } ? text.lowercased() : text
    }

    public var description: String { text }

    public static func < (a: MachineID, b: MachineID) -> Bool { a.text < b.text }
}

extension MachineID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = MachineID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a machine id")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension UInt8 {
    var isHexDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
