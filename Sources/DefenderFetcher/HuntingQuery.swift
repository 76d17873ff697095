import ConnectorCore

/// The text of a hunting query. Machine ids are the only part that varies, and they are hexadecimal digits.
enum HuntingQuery {
    /// Network adapters of the last 30 days that have a private address, newest first.
    static func networkAdapters(of ids: some Sequence<MachineID>) -> String {
        """
        DeviceNetworkInfo \
        | where DeviceId in (\(list(ids))) and Timestamp >= ago(30d) and IPAddresses contains 'Private' \
        | order by Timestamp desc \
        | project DeviceId, IPAddresses, MacAddress, DeviceName
        """
    }

    static func findings(of ids: some Sequence<MachineID>) -> String {
        """
        DeviceTvmSoftwareVulnerabilities \
        | where DeviceId in (\(list(ids))) \
        | join kind=leftouter (DeviceTvmSoftwareVulnerabilitiesKB) on CveId \
        | project DeviceId, SoftwareVendor, SoftwareName, SoftwareVersion, CveId, CvssScore, PublishedDate, \
        VulnerabilityDescription
        """
    }

    /// The body of the request.
    static func body(_ query: String) -> [UInt8] {
        var text = "{\"Query\":\""
        for character in query {
            // Nothing else in a query needs an escape.
            if character == "\"" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return Array((text + "\"}").utf8)
    }

    private static func list(_ ids: some Sequence<MachineID>) -> String {
        ids.map { "\"\($0.text)\"" }.joined(separator: ",")
    }
}
