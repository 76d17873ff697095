/// `DeviceTvmSoftwareVulnerabilitiesKB` rows: the descriptions by CVE id.
enum DescriptionRows {
    static func decode(_ body: [UInt8]) throws(JSONFailure) -> [String: String] {
        var rows = try JSONRows(body, array: "Results", columns: ["CveId", "VulnerabilityDescription"])
        var texts: [String: String] = [:]
        while let row = try rows.next() {
            guard row == .object, let id = try rows.string(0), let text = try rows.string(1) else { continue }
            texts[id] = text
        }
        return texts
    }
}
