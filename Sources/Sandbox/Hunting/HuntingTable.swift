/// The tables a query may name, and their rows.
enum HuntingTable: String, CaseIterable, Sendable {
    case networkInfo = "DeviceNetworkInfo"
    case vulnerabilities = "DeviceTvmSoftwareVulnerabilities"
    case knowledgeBase = "DeviceTvmSoftwareVulnerabilitiesKB"
    case logonEvents = "DeviceLogonEvents"

    var columns: [KQLColumn] {
        switch self {
        case .networkInfo: Self.networkColumns
        case .vulnerabilities: Self.vulnerabilityColumns
        case .knowledgeBase: Self.knowledgeBaseColumns
        case .logonEvents: Self.logonColumns
        }
    }

    private static func columns(_ types: [(String, String)]) -> [KQLColumn] {
        types.map { KQLColumn(name: $0.0, type: $0.1) }
    }

    private static let networkColumns = columns([
        ("Timestamp", "DateTime"), ("DeviceId", "String"), ("DeviceName", "String"), ("NetworkAdapterName", "String"),
        ("MacAddress", "String"), ("NetworkAdapterType", "String"), ("NetworkAdapterStatus", "String"),
        ("TunnelType", "String"), ("ConnectedNetworks", "String"), ("DnsAddresses", "String"), ("IPv4Dhcp", "String"),
        ("IPv6Dhcp", "String"), ("DefaultGateways", "String"), ("IPAddresses", "String"), ("ReportId", "Int64"),
        ("NetworkAdapterVendor", "String"),
    ])
    private static let vulnerabilityColumns = columns([
        ("DeviceId", "String"), ("DeviceName", "String"), ("OSPlatform", "String"), ("OSVersion", "String"),
        ("OSArchitecture", "String"), ("SoftwareVendor", "String"), ("SoftwareName", "String"),
        ("SoftwareVersion", "String"), ("CveId", "String"), ("VulnerabilitySeverityLevel", "String"),
        ("RecommendedSecurityUpdate", "String"), ("RecommendedSecurityUpdateId", "String"), ("CveTags", "String"),
        ("CveMitigationStatus", "String"),
    ])
    private static let knowledgeBaseColumns = columns([
        ("CveId", "String"), ("CvssScore", "Double"), ("CvssVector", "String"), ("CveSupportability", "String"),
        ("IsExploitAvailable", "SByte"), ("VulnerabilitySeverityLevel", "String"), ("LastModifiedTime", "DateTime"),
        ("PublishedDate", "DateTime"), ("VulnerabilityDescription", "String"), ("AffectedSoftware", "String"),
        ("EpssScore", "Double"),
    ])
    private static let logonColumns = columns([
        ("Timestamp", "DateTime"), ("DeviceId", "String"), ("DeviceName", "String"), ("ActionType", "String"),
        ("LogonType", "String"), ("AccountDomain", "String"), ("AccountName", "String"), ("AccountSid", "String"),
        ("Protocol", "String"), ("FailureReason", "String"), ("IsLocalAdmin", "SByte"), ("LogonId", "Int64"),
        ("RemoteDeviceName", "String"), ("RemoteIP", "String"), ("ReportId", "Int64"),
    ])

    /// Two logons of every user, one of Windows itself, and one that failed.
    static func logonRows(of machine: EstateMachine, users: [LogonUser]) -> [[KQLValue]] {
        func row(_ type: String, _ domain: String?, _ name: String?, succeeds: Bool = true) -> [KQLValue] {
            [
                .dateTime(machine.lastSeen), .string(machine.id), KQLValue(machine.computerDnsName),
                .string(succeeds ? "LogonSuccess" : "LogonFailed"), .string(type), KQLValue(domain), KQLValue(name),
                .string(""), .string("Negotiate"), succeeds ? .null : .string("InvalidUserNameOrPassword"), .null,
                .number(1), .string(""), .string(""), .number(1),
            ]
        }
        var rows = [
            row("Batch", "nt authority", "system"), row("Interactive", "Window Manager", "dwm-1"),
            row("Network", "corp", "intruder", succeeds: false),
        ]
        for user in users {
            let parts = user.id.split(separator: "\\", maxSplits: 1).map(String.init)
            let name = user.accountName ?? (parts.count == 2 ? parts[1] : nil)
            let domain = user.accountDomain ?? parts.first
            rows += [row("Interactive", domain, name), row("RemoteInteractive", domain, name)]
        }
        return rows
    }

    static func row(_ row: NetworkRow, of machine: EstateMachine) -> [KQLValue] {
        [
            .dateTime(row.timestamp), .string(machine.id), KQLValue(machine.computerDnsName), .string(row.adapter),
            KQLValue(row.macAddress), .string("Ethernet"), .string("Up"), .string("None"), .string("[]"), .string("[]"),
            .string(""), .string(""), .string("[]"), KQLValue(row.ipAddresses), .number(4711), .string(""),
        ]
    }

    static func row(_ row: SoftwareRow, of machine: EstateMachine, severity: String?) -> [KQLValue] {
        [
            .string(machine.id), KQLValue(machine.computerDnsName), KQLValue(machine.osPlatform),
            KQLValue(machine.version),
            .string("x64"), KQLValue(row.vendor), KQLValue(row.name), KQLValue(row.version), KQLValue(row.cveId),
            KQLValue(severity), .string("Update"), .null, .string("[]"), .string(""),
        ]
    }

    static func row(_ cve: CVE) -> [KQLValue] {
        let score: KQLValue =
            switch cve.score {
            case .number(let number): .number(number)
            case .text(let text): .string(text)
            case .null: .null
            }
        let published = cve.publishedDate.map { KQLValue.dateTime($0) } ?? .null
        return [
            .string(cve.id), score, .string("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"), .string("Supported"),
            .bool(false), .string(cve.severity), published, published, KQLValue(cve.description), .string("[]"), .null,
        ]
    }
}
