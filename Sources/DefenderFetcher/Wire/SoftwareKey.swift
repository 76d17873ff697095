/// `vendor:name:version` of a row.
enum SoftwareKey {
    /// - Returns: whether the row has all three.
    static func read(
        _ rows: inout JSONRows, _ vendor: Int, _ name: Int, _ version: Int, _ key: inout [UInt8]
    ) throws(JSONFailure) -> Bool {
        guard let vendor = try rows.bytes(vendor), let name = try rows.bytes(name),
            let version = try rows.bytes(version)
        else { return false }
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: vendor)
        key.append(0x3A)
        key.append(contentsOf: name)
        key.append(0x3A)
        key.append(contentsOf: version)
        return true
    }
}

extension JSONRows {
    /// A CVSS score: 0 to 10, a number or written as text; `nil` for anything else.
    mutating func score(_ column: Int) throws(JSONFailure) -> Double? {
        try number(column).flatMap { (0...10).contains($0) ? $0 : nil }
    }
}
