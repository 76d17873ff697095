/// The header lines of an answer as received. Kept as bytes and searched when asked: most headers are never read.
struct HeaderBlock: Sendable {
    /// Lines ended by LF, the CR before it optional.
    private var bytes: [UInt8] = []

    var byteCount: Int { bytes.count }

    /// Adds one line as curl hands it over. A status line starts the block anew: what came before belonged to an
    /// interim answer (100 Continue) or to a proxy.
    mutating func append(line: UnsafeRawBufferPointer) {
        if line.starts(with: "HTTP/".utf8) {
            bytes.removeAll(keepingCapacity: true)
        } else {
            bytes.append(contentsOf: line)
        }
    }

    func value(of name: String) -> String? {
        let name = name.utf8
        for line in bytes.split(separator: 0x0A) {
            guard let colon = line.firstIndex(of: 0x3A), colon - line.startIndex == name.count else { continue }
            let same = zip(line[..<colon], name).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
            guard same else { continue }
            let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            guard let first = line[(colon + 1)...].firstIndex(where: { !isSpace($0) }),
                let last = line.lastIndex(where: { !isSpace($0) })
            else { return "" }
            return String(decoding: line[first...last], as: UTF8.self)
        }
        return nil
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 {
        (0x41...0x5A).contains(self) ? self | 0x20 : self
    }
}
