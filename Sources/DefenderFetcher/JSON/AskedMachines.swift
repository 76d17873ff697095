import ConnectorCore

/// The machines a hunting query asks for, found by the bytes of a row's `DeviceId`, whose case may differ.
struct AskedMachines: Sendable {
    enum Match {
        case machine(Int)
        /// A machine id, but not one that was asked for.
        case unknown
        case invalid
    }

    let ids: [MachineID]
    private let known: ByteInterner

    /// Each machine once, in the order given.
    init(_ ids: [MachineID]) {
        var known = ByteInterner()
        self.ids = ids.filter { id in
            Array(id.text.lowercased().utf8).withUnsafeBytes { known.intern($0).isNew }
        }
        self.known = known
    }

    func match(_ bytes: UnsafeRawBufferPointer?) -> Match {
        guard let bytes, bytes.count == 40 else { return .invalid }
        return withUnsafeTemporaryAllocation(byteCount: 40, alignment: 1) { lowercased in
            for index in 0..<40 {
                let byte = bytes[index]
                switch byte {
                case 0x30...0x39, 0x61...0x66: lowercased[index] = byte
                case 0x41...0x46: lowercased[index] = byte | 0x20
                default: return .invalid
                }
            }
            return known.index(of: UnsafeRawBufferPointer(lowercased)).map { .machine($0) } ?? .unknown
        }
    }
}
