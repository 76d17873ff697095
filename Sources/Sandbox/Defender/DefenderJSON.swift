/// Machines, users and alerts as Defender's REST API writes them.
enum DefenderJSON {
    static func write(_ machine: EstateMachine, rows: [NetworkRow], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", machine.id)
            writer.key("mergedIntoMachineId")
            writer.null()
            writer.member("isPotentialDuplication", false)
            writer.member("isExcluded", false)
            if !machine.omitsName { writer.member("computerDnsName", machine.computerDnsName) }
            writer.member("firstSeen", machine.firstSeen.text)
            writer.member("lastSeen", machine.lastSeen.text)
            writer.member("osPlatform", machine.osPlatform)
            writer.member("osVersion", nil as String?)
            writer.member("osProcessor", "x64")
            writer.member("version", machine.version)
            writer.member("lastIpAddress", machine.lastIpAddress)
            writer.member("lastExternalIpAddress", machine.lastExternalIpAddress)
            writer.member("agentVersion", "10.8735.22621.3155")
            writer.key("osBuild")
            if let build = machine.osBuild { writer.value(build) } else { writer.null() }
            writer.member("healthStatus", machine.healthStatus)
            writer.member("deviceValue", machine.deviceValue)
            writer.member("rbacGroupId", machine.rbacGroupId)
            writer.member("rbacGroupName", machine.rbacGroupId == 0 ? nil : "Group \(machine.rbacGroupId)")
            writer.member("riskScore", machine.riskScore)
            writer.member("exposureLevel", machine.exposureLevel)
            writer.member("isAadJoined", machine.index % 2 == 0)
            writer.member("aadDeviceId", nil as String?)
            writer.key("machineTags")
            writer.array { writer in for tag in machine.machineTags { writer.value(tag) } }
            writer.member("onboardingStatus", machine.onboardingStatus)
            writer.member("osArchitecture", "64-bit")
            writer.member("managedBy", "MicrosoftDefenderForEndpoint")
            writer.member("managedByStatus", "Success")
            writer.key("ipAddresses")
            writer.array { writer in
                writeAdapters(rows, of: machine, &writer)
                writeAddress("127.0.0.1", nil, "SoftwareLoopback", &writer)
                writeAddress("", "000000000000", "Other", &writer)
            }
            writer.key("vmMetadata")
            writer.null()
            if machine.hasUnknownFields {
                writer.key("futureField")
                writer.value(["nested": [1, true, nil, ["deep": "\u{1F600}"]]] as JSONValue)
                writer.key("anotherOne")
                writer.null()
            }
        }
    }

    /// The newest state of each adapter.
    private static func writeAdapters(_ rows: [NetworkRow], of machine: EstateMachine, _ writer: inout JSONWriter) {
        var adapters: Set<String> = []
        for row in rows.sorted(by: { $0.timestamp > $1.timestamp }) where adapters.insert(row.adapter).inserted {
            let addresses = row.ipAddresses.flatMap { try? JSONParser.parse($0).arrayValue } ?? []
            for address in addresses {
                writeAddress(address["IPAddress"]?.stringValue, row.macAddress, "Ethernet", &writer)
            }
        }
    }

    private static func writeAddress(_ address: String?, _ mac: String?, _ type: String, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("ipAddress", address)
            writer.member("macAddress", mac)
            writer.member("type", type)
            writer.member("operationalStatus", "Up")
        }
    }

    static func write(_ user: LogonUser, machine: EstateMachine, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", user.id)
            if !user.omitsAccount {
                writer.member("accountName", user.accountName)
                writer.member("accountDomain", user.accountDomain)
            }
            writer.member("firstSeen", machine.firstSeen.text)
            writer.member("lastSeen", machine.lastSeen.text)
            writer.member("logonTypes", "Interactive, RemoteInteractive")
            writer.member("isDomainAdmin", user.isDomainAdmin)
            writer.key("isOnlyNetworkUser")
            writer.null()
        }
    }

    static func write(_ alert: EstateAlert, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", alert.id)
            writer.member("incidentId", 1126)
            writer.key("investigationId")
            writer.null()
            writer.member("assignedTo", nil as String?)
            writer.member("severity", alert.severity)
            writer.member("status", alert.status)
            writer.member("classification", nil as String?)
            writer.member("determination", nil as String?)
            writer.member("investigationState", "Queued")
            writer.member("detectionSource", "WindowsDefenderAtp")
            writer.member("category", "SuspiciousActivity")
            writer.member("threatFamilyName", nil as String?)
            writer.member("title", alert.title)
            writer.member("description", alert.alertDescription)
            writer.member("alertCreationTime", alert.alertCreationTime?.text)
            writer.member("firstEventTime", alert.firstEventTime?.text)
            writer.member("lastEventTime", alert.firstEventTime?.text)
            writer.member("lastUpdateTime", alert.lastUpdateTime.text)
            writer.member("resolvedTime", alert.status == "Resolved" ? alert.lastUpdateTime.text : nil)
            writer.member("machineId", alert.machineId)
            writer.member("computerDnsName", alert.computerDnsName)
            writer.key("mitreTechniques")
            writer.array { _ in }
            writer.key("evidence")
            writer.array { _ in }
        }
    }
}
