import ConnectorCore

/// `GET /api/alerts`, shaped like the list of machines. An alert without a machine keeps `machineID` nil.
enum AlertPage {
    private enum Column: Int {
        case id, title, description, severity, status, machineID, firstEventTime, alertCreationTime, lastUpdateTime

        static let names = [
            "id", "title", "description", "severity", "status", "machineId", "firstEventTime", "alertCreationTime",
            "lastUpdateTime",
        ]
    }

    static func decode(_ body: [UInt8]) throws(JSONFailure) -> RecordPage<Alert> {
        var rows = try JSONRows(body, array: "value", flag: "@odata.nextLink", columns: Column.names)
        var records = Records<Alert>(records: [])
        while let row = try rows.next() {
            guard row == .object else {
                records.skipped.append(SkippedRecord(kind: .alerts, id: nil, reason: "not_an_object"))
                continue
            }
            func string(_ column: Column) throws(JSONFailure) -> String? { try rows.string(column.rawValue) }
            func time(_ column: Column) throws(JSONFailure) -> Timestamp? {
                try string(column).flatMap { Timestamp(iso8601: $0) }
            }
            guard let id = try string(.id) else {
                records.skipped.append(SkippedRecord(kind: .alerts, id: nil, reason: "missing_id"))
                continue
            }
            records.records.append(
                Alert(
                    id: id, title: try string(.title), description: try string(.description),
                    severity: try string(.severity), status: try string(.status),
                    machineID: try string(.machineID).flatMap(MachineID.init),
                    firstEventTime: try time(.firstEventTime), alertCreationTime: try time(.alertCreationTime),
                    lastUpdateTime: try time(.lastUpdateTime)))
        }
        return RecordPage(content: records, hasNextLink: rows.hasFlag)
    }
}
