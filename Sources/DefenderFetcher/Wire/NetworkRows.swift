import ConnectorCore

/// `DeviceNetworkInfo` rows. `IPAddresses` is a string that holds a JSON array; the same texts repeat on many rows and
/// are decoded once.
struct NetworkRows {
    private enum Column: Int {
        case deviceID, addresses, macAddress

        static let names = ["DeviceId", "IPAddresses", "MacAddress"]
    }

    private enum AddressColumn: Int {
        case address, subnetPrefix, type

        static let names = ["IPAddress", "SubnetPrefix", "AddressType"]
    }

    private let asked: AskedMachines
    private var records = Records<NetworkAdapter>(records: [])
    private var texts = ByteInterner()
    /// By number of text; `nil` where it is no array.
    private var addresses: [[NetworkAdapter.Address]?] = []

    private init(_ asked: AskedMachines) {
        self.asked = asked
    }

    /// The rows in the order of the answer.
    static func decode(_ body: [UInt8], asked: AskedMachines) throws(JSONFailure) -> Records<NetworkAdapter> {
        var result = NetworkRows(asked)
        var rows = try JSONRows(body, array: "Results", columns: Column.names)
        while let row = try rows.next() { try result.add(row, &rows) }
        return result.records
    }

    private mutating func add(_ row: JSONRows.Row, _ rows: inout JSONRows) throws(JSONFailure) {
        guard row == .object else { return skip(nil, "not_an_object") }
        let device = try rows.bytes(Column.deviceID.rawValue)
        switch asked.match(device) {
        case .invalid: skip(device, "invalid_id")
        case .unknown: skip(device, "unknown_machine")
        case .machine(let index):
            guard let addresses = try addresses(&rows) else { return skip(device, "bad_addresses") }
            let macAddress = try rows.string(Column.macAddress.rawValue)
            records.records.append(
                NetworkAdapter(deviceID: asked.ids[index], addresses: addresses, macAddress: macAddress))
        }
    }

    private mutating func skip(_ id: UnsafeRawBufferPointer?, _ reason: String) {
        records.skipped.append(
            SkippedRecord(kind: .networkAdapters, id: id.map { String(decoding: $0, as: UTF8.self) }, reason: reason))
    }

    private mutating func addresses(_ rows: inout JSONRows) throws(JSONFailure) -> [NetworkAdapter.Address]? {
        guard let text = try rows.bytes(Column.addresses.rawValue) else { return nil }
        let (index, isNew) = texts.intern(text)
        // A broken text makes its row unusable, not the answer.
        if isNew { addresses.append(try? NetworkRows.decodeAddresses(Array(text))) }
        return addresses[index]
    }

    private static func decodeAddresses(_ text: [UInt8]) throws(JSONFailure) -> [NetworkAdapter.Address] {
        var rows = try JSONRows(text, array: nil, columns: AddressColumn.names)
        var addresses: [NetworkAdapter.Address] = []
        while let row = try rows.next() {
            guard row == .object, let address = try rows.string(AddressColumn.address.rawValue) else { continue }
            let prefix = try rows.number(AddressColumn.subnetPrefix.rawValue).flatMap { Int(exactly: $0) }
            let type = try rows.string(AddressColumn.type.rawValue)
            addresses.append(NetworkAdapter.Address(address: address, subnetPrefix: prefix, type: type))
        }
        return addresses
    }
}
