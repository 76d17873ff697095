import ConnectorCore

/// `GET /api/vulnerabilities`: the list of CVEs, shaped like the list of machines.
enum CVEPage {
    private enum Column: Int {
        case id, description, publishedOn, score

        static let names = ["id", "description", "publishedOn", "cvssV3"]
    }

    static func decode(_ body: [UInt8]) throws(JSONFailure) -> RecordPage<CVE> {
        var rows = try JSONRows(body, array: "value", flag: "@odata.nextLink", columns: Column.names)
        var records = Records<CVE>(records: [])
        while let row = try rows.next() {
            guard row == .object, let id = try rows.string(Column.id.rawValue) else {
                records.skipped.append(
                    SkippedRecord(
                        kind: .vulnerabilities, id: nil, reason: row == .object ? "missing_id" : "not_an_object"))
                continue
            }
            records.records.append(
                CVE(
                    id: id, description: try rows.string(Column.description.rawValue),
                    publishedOn: try rows.string(Column.publishedOn.rawValue).flatMap { Timestamp(iso8601: $0) },
                    baseScore: try rows.score(Column.score.rawValue)))
        }
        return RecordPage(content: records, hasNextLink: rows.hasFlag)
    }
}
