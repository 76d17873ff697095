/// Rows of the vulnerability export and of the list of CVEs as Microsoft writes them.
enum ExportJSON {
    /// Every third machine has a software without a known CVE.
    static func hasCleanSoftware(_ machine: EstateMachine) -> Bool { machine.index % 3 == 0 }

    static func rowCount(of machine: EstateMachine, in state: EstateState) -> Int {
        (machine.software?.count ?? state.rowsPerMachine) + (hasCleanSoftware(machine) ? 1 : 0)
    }

    static func rows(of machine: EstateMachine, in state: EstateState) -> [SoftwareRow] {
        let clean = SoftwareRow(vendor: "contoso", name: "clean_agent", version: "7.0", cveId: nil)
        return state.softwareRows(of: machine) + (hasCleanSoftware(machine) ? [clean] : [])
    }

    /// - Parameter event: makes it a row of the changes.
    static func write(
        _ row: SoftwareRow, of machine: EstateMachine, in state: EstateState, event: VulnerabilityEvent? = nil,
        to writer: inout JSONWriter
    ) {
        let cveID = row.cveId.flatMap { $0.isEmpty ? nil : $0 }
        let cve = cveID.flatMap { state.cve(id: $0) }
        let software = [row.vendor, row.name, row.version].map { $0 ?? "" }.joined(separator: "-_-")
        writer.object { writer in
            writer.member("id", "\(machine.id)-_-\(software)-_-\(cveID ?? "")")
            writer.member("deviceId", machine.id)
            writer.member("rbacGroupId", machine.rbacGroupId)
            writer.member("rbacGroupName", machine.rbacGroupId == 0 ? "Unassigned" : "Group \(machine.rbacGroupId)")
            writer.member("deviceName", machine.computerDnsName)
            writer.member("osPlatform", machine.osPlatform)
            writer.member("osVersion", "10.0.22631.4169")
            writer.member("osArchitecture", "x64")
            writer.member("softwareVendor", row.vendor)
            writer.member("softwareName", row.name)
            writer.member("softwareVersion", row.version)
            writer.member("cveId", cveID)
            writer.member("vulnerabilitySeverityLevel", cveID == nil ? nil : cve?.severity ?? "Medium")
            writer.member("recommendedSecurityUpdate", "April 2026 Security Updates")
            writer.member("recommendedSecurityUpdateId", "4493464")
            writer.member(
                "recommendedSecurityUpdateUrl", "https://catalog.update.example/v7/site/Search.aspx?q=KB4493464")
            writer.key("diskPaths")
            writer.array { $0.value("C:\\Program Files\\\(row.name ?? "app")\\\(row.version ?? "")\\app.exe") }
            writer.key("registryPaths")
            writer.array {
                $0.value(
                    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\\(row.name ?? "app")")
            }
            writer.member("lastSeenTimestamp", spaced(machine.lastSeen))
            writer.member("firstSeenTimestamp", spaced(machine.firstSeen))
            writer.member("exploitabilityLevel", "NoExploit")
            writer.member(
                "recommendationReference", "va-_-\(row.vendor ?? "unknown")-_-\(row.name ?? "unknown")")
            writer.member("securityUpdateAvailable", true)
            writer.key("cvssScore")
            write(cve?.score ?? .null, to: &writer)
            if let event {
                writer.member("status", event.status.rawValue)
                writer.member("eventTimestamp", spaced(event.time))
                writer.member("isOnboarded", true)
            }
        }
    }

    /// With a space for the `T` and no zone.
    private static func spaced(_ time: EstateTime) -> String {
        String(time.text.dropLast()).split(separator: "T").joined(separator: " ")
    }

    private static func write(_ score: CVE.Score, to writer: inout JSONWriter) {
        switch score {
        case .number(let number): writer.value(number)
        case .text(let text): writer.value(text)
        case .null: writer.null()
        }
    }

    static func write(_ cve: CVE, updated: EstateTime, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", cve.id)
            writer.member("name", cve.id)
            writer.member("description", cve.description)
            writer.member("severity", cve.severity)
            writer.key("cvssV3")
            write(cve.score, to: &writer)
            writer.member("cvssVector", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H")
            writer.member("exposedMachines", 1)
            writer.member("publishedOn", cve.publishedDate?.text)
            writer.member("updatedOn", updated.text)
            writer.member("publicExploit", false)
            writer.member("exploitVerified", false)
            writer.member("exploitInKit", false)
            for name in ["exploitTypes", "exploitUris"] {
                writer.key(name)
                writer.array { _ in }
            }
            writer.member("cveSupportability", "Supported")
            writer.key("epss")
            writer.null()
        }
    }
}
