import ConnectorCore
import OutboundHTTP

/// The text of a hunting query. Only machine ids and CVE ids vary, and they are plain: no value can end its quotes.
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

    static func findings(of ids: some Sequence<MachineID>, texts: Bool) -> String {
        """
        DeviceTvmSoftwareVulnerabilities \
        | where DeviceId in (\(list(ids))) \
        | join kind=leftouter (DeviceTvmSoftwareVulnerabilitiesKB) on CveId \
        | project DeviceId, SoftwareVendor, SoftwareName, SoftwareVersion, CveId, CvssScore, PublishedDate\
        \(texts ? ", VulnerabilityDescription" : "")
        """
    }

    /// So many CVE ids go into one query: its text stays as short as one with 150 machine ids.
    static let cvesMax = 350

    static func descriptions(of cves: some Sequence<String>) -> String {
        """
        DeviceTvmSoftwareVulnerabilitiesKB \
        | where CveId in (\(cves.map { "\"\($0)\"" }.joined(separator: ","))) \
        | project CveId, VulnerabilityDescription
        """
    }

    /// `CVE-2024-12345` and its like. Another id never reaches a query.
    static func isPlainCVE(_ id: String) -> Bool {
        (1...60).contains(id.utf8.count)
            && id.utf8.allSatisfy(URLEncoding.isUnreserved)
    }

    /// Who logged on in the last 30 days, without Windows' own accounts, which the list of logon users leaves out too.
    static func logons(of ids: some Sequence<MachineID>) -> String {
        """
        DeviceLogonEvents \
        | where DeviceId in (\(list(ids))) and Timestamp >= ago(30d) and ActionType == 'LogonSuccess' \
        and isnotempty(AccountName) \
        and AccountDomain !in~ ('nt authority', 'nt service', 'window manager', 'font driver host') \
        | distinct DeviceId, AccountName
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
