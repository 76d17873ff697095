import ConnectorCore

/// `DeviceLogonEvents`, one row for every machine and account.
enum LogonRows {
    static func decode(_ body: [UInt8], asked: AskedMachines) throws(JSONFailure) -> LogonsAnswer {
        var rows = try JSONRows(body, array: "Results", columns: ["DeviceId", "AccountName"])
        var answer = LogonsAnswer()
        while let row = try rows.next() {
            answer.rowsRead += 1
            let device = row == .object ? try rows.bytes(0) : nil
            func skip(_ reason: String) {
                let id = device.map { String(decoding: $0, as: UTF8.self) }
                answer.skipped.append(SkippedRecord(kind: .logonUsers, id: id, reason: reason))
            }
            switch asked.match(device) {
            case _ where row != .object: skip("not_an_object")
            case .invalid: skip("invalid_id")
            case .unknown: skip("unknown_machine")
            case .machine(let index):
                guard let name = try rows.string(1) else {
                    skip("no_account_name")
                    continue
                }
                answer.users[asked.ids[index], default: []].append(LogonUser(accountName: name))
            }
        }
        return answer
    }
}
