/// `DeviceTvmSoftwareVulnerabilitiesKB` rows: the descriptions by CVE id.
struct DescriptionRows {
    var texts: [String: String] = [:]
    /// Rows in the answer, those without a text included: they count towards its limit.
    var rowsRead = 0

    static func decode(_ body: [UInt8]) throws(JSONFailure) -> DescriptionRows {
        var rows = try JSONRows(body, array: "Results", columns: ["CveId", "VulnerabilityDescription"])
        var result = DescriptionRows()
        while let row = try rows.next() {
            result.rowsRead += 1
            guard row == .object, let id = try rows.string(0), let text = try rows.string(1) else { continue }
            result.texts[id] = text
        }
        return result
    }
}
