/// Findings as pairs of name ids, each a variable-length number of seven bits a byte; 0 stands for no software.
enum PairCodec {
    static func encode(_ pairs: some Sequence<(software: Int64, cve: Int64)>) -> [UInt8] {
        var bytes: [UInt8] = []
        for pair in pairs {
            append(pair.software, to: &bytes)
            append(pair.cve, to: &bytes)
        }
        return bytes
    }

    /// - Returns: `nil` where the bytes are cut or no pairs.
    static func decode(_ bytes: some Sequence<UInt8>) -> [(software: Int64, cve: Int64)]? {
        var numbers: [Int64] = []
        var (value, shift) = (Int64(0), Int64(0))
        for byte in bytes {
            guard shift < 63 else { return nil }
            value |= Int64(byte & 0x7F) << shift
            shift += 7
            guard byte & 0x80 == 0 else { continue }
            numbers.append(value)
            (value, shift) = (0, 0)
        }
        guard shift == 0, numbers.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: numbers.count, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        var rest = UInt64(bitPattern: number)
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
