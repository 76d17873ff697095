import ConnectorCore

/// `GET /api/machines/{id}/logonusers`: `{"value":[{"id":"domain\\user","accountName":"user",...}]}`.
enum LogonUserList {
    private enum Column: Int {
        case accountName, id

        static let names = ["accountName", "id"]
    }

    static func decode(_ body: [UInt8]) throws(JSONFailure) -> Records<LogonUser> {
        var rows = try JSONRows(body, array: "value", columns: Column.names)
        var records = Records<LogonUser>(records: [])
        while let row = try rows.next() {
            guard row == .object else {
                records.skipped.append(SkippedRecord(kind: .logonUsers, id: nil, reason: "not_an_object"))
                continue
            }
            let id = try rows.string(Column.id.rawValue)
            // Older answers have the id alone.
            if let name = try rows.string(Column.accountName.rawValue) ?? id.flatMap(nameAfterBackslash) {
                records.records.append(LogonUser(accountName: name))
            } else {
                records.skipped.append(SkippedRecord(kind: .logonUsers, id: id, reason: "no_account_name"))
            }
        }
        return records
    }

    private static func nameAfterBackslash(_ id: String) -> String? {
        // By scalars: a character may be a backslash and what combines with it.
        let name = id.unicodeScalars.drop { $0 != "\\" }.dropFirst()
        return name.isEmpty ? nil : String(name)
    }
}
