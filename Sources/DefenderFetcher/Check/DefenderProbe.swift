import ConnectorCore

/// The cheapest real request that shows whether an import may read one kind of data.
struct DefenderProbe: Sendable {
    /// Under which the result is reported.
    let name: String
    /// In words: "reading machines".
    let purpose: String
    let permission: DefenderPermission
    let call: DefenderCall
    /// Where Defender answers 404 for nothing found, it has let the request in.
    let notFoundIsAllowed: Bool
}

/// The probes of a tenant.
struct DefenderProbes: Sendable {
    static let logonEventsName = "logon events"
    static let vulnerabilitiesName = "vulnerability data"

    let settings: DefenderSettings
    private var baseURL: String { settings.apiURL.withoutTrailingSlashes }

    init(_ settings: DefenderSettings) {
        self.settings = settings
    }

    var machines: DefenderProbe {
        list(.machines, "reading machines", "GET /api/machines", "/api/machines?$top=1")
    }

    var alerts: DefenderProbe {
        list(.alerts, "reading alerts", "GET /api/alerts", "/api/alerts?$top=1")
    }

    /// - Parameter machine: any; without one, Defender is asked for a machine that can't exist.
    func logonUsers(of machine: MachineID?) -> DefenderProbe {
        let id = machine?.text ?? String(repeating: "0", count: 40)
        return list(
            .logonUsers, "reading the users who log on to machines", "GET /api/machines/{id}/logonusers",
            "/api/machines/\(id)/logonusers")
    }

    /// One row of the export: permission and licence in one.
    var vulnerabilityExport: DefenderProbe {
        list(
            .vulnerabilityExport, "reading the vulnerability export", "GET \(DefenderClient.exportPath)",
            "\(DefenderClient.exportPath)?pageSize=1")
    }

    private func list(_ family: APIFamily, _ purpose: String, _ operation: String, _ path: String) -> DefenderProbe {
        let permission = settings.permission(of: family)
        return DefenderProbe(
            name: permission.name, purpose: purpose, permission: permission,
            call: .get(family, operation, url: baseURL + path), notFoundIsAllowed: true)
    }

    // MARK: Hunting

    var hunting: DefenderProbe {
        hunt(
            settings.permission(of: .hunting).name, "advanced hunting",
            query: "DeviceNetworkInfo | take 1 | project DeviceId, IPAddresses, MacAddress, DeviceName")
    }

    var logonEvents: DefenderProbe {
        hunt(
            Self.logonEventsName, "reading logon events by advanced hunting",
            query: "DeviceLogonEvents | take 1 | project DeviceId, AccountName")
    }

    /// Both tables of vulnerability management: they come with a licence, not with a permission.
    var vulnerabilities: DefenderProbe {
        hunt(
            Self.vulnerabilitiesName, "reading software vulnerabilities by advanced hunting",
            query: """
                DeviceTvmSoftwareVulnerabilities | take 1 \
                | join kind=leftouter (DeviceTvmSoftwareVulnerabilitiesKB | take 1) on CveId \
                | project DeviceId, SoftwareName, CveId, CvssScore
                """)
    }

    private func hunt(_ name: String, _ purpose: String, query: String) -> DefenderProbe {
        DefenderProbe(
            name: name, purpose: purpose, permission: settings.permission(of: .hunting),
            call: .hunting(
                settings.huntingAPI, baseURL: ProbedAPI(settings.huntingAPI, settings).url,
                json: HuntingQuery.body(query)),
            notFoundIsAllowed: false)
    }
}
