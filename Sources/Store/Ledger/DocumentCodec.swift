import ConnectorCore

/// A machine document in a few bytes an edge: sorted ids as differences, in variable-length integers (LEB128).
///
/// Layout: version, asset fingerprint, hostname, operating system, MAC address (0 = none), then counted lists of
/// addresses, adapter addresses and accounts, then the findings grouped by software: software, count, CVEs.
enum DocumentCodec {
    struct Malformed: Error {}

    private static let version: UInt64 = 1

    static func encode(_ document: MachineDocument) -> [UInt8] {
        var writer = VarintWriter()
        writer.put(version)
        writer.put(UInt64(bitPattern: document.assetFingerprint))
        for id in [document.hostname, document.operatingSystem, document.macAddress] { writer.put(id) }
        for list in [document.addresses, document.adapterAddresses, document.accounts] { writer.putSorted(list) }
        var start = document.findings.startIndex
        var previousSoftware: Int64 = 0
        while start < document.findings.endIndex {
            let software = document.findings[start].software
            let end =
                document.findings[start...].firstIndex { $0.software != software } ?? document.findings.endIndex
            let number = software?.number ?? 0
            writer.put(UInt64(number - previousSoftware))
            previousSoftware = number
            let group = document.findings[start..<end]
            writer.put(UInt64(group.count))
            var previousCVE: Int64 = 0
            for finding in group {
                let cve = finding.cve?.number ?? 0
                writer.put(UInt64(cve - previousCVE))
                previousCVE = cve
            }
            start = end
        }
        return writer.bytes
    }

    /// - Throws: `Malformed` where the bytes are not what `encode` writes.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> MachineDocument {
        var reader = VarintReader(bytes: bytes)
        guard try reader.next() == version else { throw Malformed() }
        var document = MachineDocument(assetFingerprint: Int64(bitPattern: try reader.next()))
        document.hostname = try reader.nextID()
        document.operatingSystem = try reader.nextID()
        document.macAddress = try reader.nextID()
        document.addresses = try reader.nextSorted()
        document.adapterAddresses = try reader.nextSorted()
        document.accounts = try reader.nextSorted()
        var software: Int64 = -1
        while !reader.isAtEnd {
            // Grouped: each software comes once, and not without a finding.
            let next = try reader.nextNumber(after: max(0, software))
            let count = try reader.nextCount()
            guard next > software, count > 0 else { throw Malformed() }
            software = next
            document.findings.reserveCapacity(document.findings.count + count)
            var cve: Int64 = 0
            for _ in 0..<count {
                cve = try reader.nextNumber(after: cve)
                document.findings.append(
                    .init(
                        software: software == 0 ? nil : VertexID(software), cve: cve == 0 ? nil : VertexID(cve)))
            }
        }
        return document
    }
}

private struct VarintWriter {
    var bytes: [UInt8] = []

    mutating func put(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func put(_ id: VertexID?) {
        put(UInt64(id?.number ?? 0))
    }

    mutating func putSorted(_ ids: [VertexID]) {
        put(UInt64(ids.count))
        var previous: Int64 = 0
        for id in ids {
            put(UInt64(id.number - previous))
            previous = id.number
        }
    }
}

private struct VarintReader {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func next() throws -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count, shift < 64 {
            let byte = bytes[index]
            index += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        throw DocumentCodec.Malformed()
    }

    mutating func nextNumber(after previous: Int64) throws -> Int64 {
        let (sum, overflow) = previous.addingReportingOverflow(Int64(truncatingIfNeeded: try next()))
        guard !overflow, sum >= previous else { throw DocumentCodec.Malformed() }
        return sum
    }

    mutating func nextID() throws -> VertexID? {
        let number = try nextNumber(after: 0)
        return number == 0 ? nil : VertexID(number)
    }

    /// A count that the bytes left can hold.
    mutating func nextCount() throws -> Int {
        let count = try next()
        guard count <= UInt64(bytes.count - index) else { throw DocumentCodec.Malformed() }
        return Int(count)
    }

    mutating func nextSorted() throws -> [VertexID] {
        let count = try nextCount()
        var ids: [VertexID] = []
        ids.reserveCapacity(count)
        var number: Int64 = 0
        for _ in 0..<count {
            number = try nextNumber(after: number)
            ids.append(VertexID(number))
        }
        return ids
    }
}
