import ConnectorCore

/// `DeviceTvmSoftwareVulnerabilities` rows joined with their knowledge base. An answer has tens of thousands of rows that
/// repeat few machines, software and CVEs: each text becomes a `String` once.
struct FindingRows {
    private enum Column: Int {
        case deviceID, vendor, name, version, cve, score, published, description

        static let names = [
            "DeviceId", "SoftwareVendor", "SoftwareName", "SoftwareVersion", "CveId", "CvssScore", "PublishedDate",
            "VulnerabilityDescription",
        ]
    }

    private let asked: AskedMachines
    /// By number of asked machine.
    private var findings: [[Finding]]
    private var skipped: [SkippedRecord] = []
    private var rowsRead = 0
    private var software = ByteInterner()
    private var softwareNames: [String] = []
    private var cveIDs = ByteInterner()
    private var cves: [CVE] = []
    private var key: [UInt8] = []

    private init(_ asked: AskedMachines) {
        self.asked = asked
        findings = Array(repeating: [], count: asked.ids.count)
    }

    /// The rows by machine; a machine without rows is not in the answer.
    static func decode(_ body: [UInt8], asked: AskedMachines) throws(JSONFailure) -> FindingsAnswer {
        var result = FindingRows(asked)
        var rows = try JSONRows(body, array: "Results", columns: Column.names)
        while let row = try rows.next() { try result.add(row, &rows) }
        return result.answer()
    }

    private func answer() -> FindingsAnswer {
        var answer = FindingsAnswer(rowsRead: rowsRead, skipped: skipped)
        for (id, findings) in zip(asked.ids, findings) where !findings.isEmpty { answer.findings[id] = findings }
        for cve in cves { answer.cves[cve.id] = cve }
        return answer
    }

    private mutating func add(_ row: JSONRows.Row, _ rows: inout JSONRows) throws(JSONFailure) {
        rowsRead += 1
        guard row == .object else { return skip(nil, "not_an_object") }
        let device = try rows.bytes(Column.deviceID.rawValue)
        switch asked.match(device) {
        case .invalid: skip(device, "invalid_id")
        case .unknown: skip(device, "unknown_machine")
        case .machine(let index):
            let finding = Finding(software: try softwareName(&rows), cve: try cveID(&rows))
            guard finding.software != nil || finding.cve != nil else { return skip(device, "no_software_and_no_cve") }
            findings[index].append(finding)
        }
    }

    private mutating func skip(_ id: UnsafeRawBufferPointer?, _ reason: String) {
        skipped.append(
            SkippedRecord(kind: .vulnerabilities, id: id.map { String(decoding: $0, as: UTF8.self) }, reason: reason))
    }

    private mutating func softwareName(_ rows: inout JSONRows) throws(JSONFailure) -> String? {
        guard
            try SoftwareKey.read(&rows, Column.vendor.rawValue, Column.name.rawValue, Column.version.rawValue, &key)
        else { return nil }
        let (index, isNew) = key.withUnsafeBytes { software.intern($0) }
        if isNew { softwareNames.append(String(decoding: key, as: UTF8.self)) }
        return softwareNames[index]
    }

    private mutating func cveID(_ rows: inout JSONRows) throws(JSONFailure) -> String? {
        guard let id = try rows.bytes(Column.cve.rawValue) else { return nil }
        let (index, isNew) = cveIDs.intern(id)
        if isNew { cves.append(CVE(id: String(decoding: id, as: UTF8.self))) }
        // Normally complete after its first row; a row without the joined columns must not hide them for good.
        if cves[index].description == nil { cves[index].description = try rows.string(Column.description.rawValue) }
        if cves[index].publishedOn == nil {
            cves[index].publishedOn = try rows.string(Column.published.rawValue).flatMap { Timestamp(iso8601: $0) }
        }
        if cves[index].baseScore == nil { cves[index].baseScore = try rows.score(Column.score.rawValue) }
        return cves[index].id
    }
}
