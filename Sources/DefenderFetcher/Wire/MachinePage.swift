import ConnectorCore

/// `GET /api/machines`: `{"value":[{...}],"@odata.nextLink":"..."}`. Of a machine only the id must be there; a field of
/// another type than expected counts as missing.
enum MachinePage {
    private enum Column: Int {
        case id, computerDnsName, osPlatform, version, lastIpAddress, lastExternalIpAddress, healthStatus, lastSeen

        static let names = [
            "id", "computerDnsName", "osPlatform", "version", "lastIpAddress", "lastExternalIpAddress", "healthStatus",
            "lastSeen",
        ]
    }

    static func decode(_ body: [UInt8]) throws(JSONFailure) -> RecordPage<Machine> {
        var rows = try JSONRows(body, array: "value", flag: "@odata.nextLink", columns: Column.names)
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
                    lastSeen: try string(.lastSeen).flatMap { Timestamp(iso8601: $0) }))
        }
        return RecordPage(content: records, hasNextLink: rows.hasFlag)
    }
}
