import ConnectorCore

/// `GET /api/machines`: `{"value":[{...}],"@odata.nextLink":"..."}`. Of a machine only the id must be there; a field of
/// another type than expected counts as missing.
enum MachinePage {
    private enum Column: Int {
        case id, computerDnsName, osPlatform, version, lastIpAddress, lastExternalIpAddress, healthStatus, lastSeen
        case ipAddresses

        static let names = [
            "id", "computerDnsName", "osPlatform", "version", "lastIpAddress", "lastExternalIpAddress", "healthStatus",
            "lastSeen",
        ]
        static let namesWithAddresses = names + ["ipAddresses"]
    }

    /// - Parameter addresses: whether the machines' own list of addresses is wanted.
    static func decode(_ body: [UInt8], addresses: Bool = false) throws(JSONFailure) -> RecordPage<Machine> {
        var rows = try JSONRows(
            body, array: "value", flag: "@odata.nextLink",
            columns: addresses ? Column.namesWithAddresses : Column.names)
        var records = Records<Machine>(records: [])
        while let row = try rows.next() {
            guard row == .object else {
                records.skipped.append(SkippedRecord(kind: .machines, id: nil, reason: "not_an_object"))
                continue
            }
            func string(_ column: Column) throws(JSONFailure) -> String? { try rows.string(column.rawValue) }
            let text = try string(.id)
            guard let id = text.flatMap(MachineID.init) else {
                records.skipped.append(SkippedRecord(kind: .machines, id: text, reason: "invalid_id"))
                continue
            }
            records.records.append(
                Machine(
                    id: id, computerDnsName: try string(.computerDnsName), osPlatform: try string(.osPlatform),
                    version: try string(.version), lastIpAddress: try string(.lastIpAddress),
                    lastExternalIpAddress: try string(.lastExternalIpAddress),
                    healthStatus: try string(.healthStatus),
                    lastSeen: try string(.lastSeen).flatMap { Timestamp(iso8601: $0) },
                    adapters: addresses ? try adapters(rows.array(Column.ipAddresses.rawValue), of: id) : nil))
        }
        return RecordPage(content: records, hasNextLink: rows.hasFlag)
    }

    private static func adapters(
        _ json: UnsafeRawBufferPointer?, of machine: MachineID
    ) throws(JSONFailure) -> [NetworkAdapter] {
        guard let json else { return [] }
        return try ListedAddresses.adapters(of: machine, from: Array(json))
    }
}
