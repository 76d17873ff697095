/// What makes connectors fail: every odd value seen from Defender, one or more machines each.
///
/// The first 30 machines of a generated estate carry them, at fixed positions.
public enum AwkwardCases {
    /// Estates smaller than this have none.
    public static let machines = 30
    /// The id that is no machine id.
    public static let strangeId = "not-a-device-id\") or true"

    static func apply(to state: inout EstateState) {
        names(&state)
        addresses(&state)
        users(&state)
        adapters(&state)
        software(&state)
        states(&state)
    }

    private static func change(_ index: Int, in state: inout EstateState, _ change: (inout EstateMachine) -> Void) {
        state.updateMachine(id: state.machines[index].id, reports: false, change)
    }

    private static func names(_ state: inout EstateState) {
        change(0, in: &state) { $0.computerDnsName = nil }
        change(1, in: &state) { $0.computerDnsName = "" }
        change(2, in: &state) {
            $0.computerDnsName = nil
            $0.omitsName = true
        }
        change(3, in: &state) { $0.computerDnsName = "bad&name#1^x" }
        change(4, in: &state) { $0.computerDnsName = "what|is?<this>[now]" }
        change(5, in: &state) { $0.computerDnsName = "größe-测试-\u{1F5A5}.corp.example" }
        let shared = state.machines[13].computerDnsName
        change(14, in: &state) { $0.computerDnsName = shared }
    }

    private static func addresses(_ state: inout EstateState) {
        change(6, in: &state) {
            $0.lastIpAddress = nil
            $0.lastExternalIpAddress = nil
        }
        change(7, in: &state) { $0.lastIpAddress = "fe80::1%eth0" }
        change(8, in: &state) { $0.lastExternalIpAddress = "" }
        change(9, in: &state) { $0.networkRows = [] }
        // Directly on the Internet: the local address is the external one; and is another public one.
        change(27, in: &state) { $0.lastExternalIpAddress = $0.lastIpAddress }
        let row = NetworkRow(
            timestamp: state.generatedAt.adding(seconds: -30, fractionDigits: 7), macAddress: "0A-1B-2C-3D-4E-28",
            addresses: [("192.0.2.28", 24, "Public"), ("fd00:28::1", 64, "Private")])
        change(28, in: &state) {
            $0.lastIpAddress = "192.0.2.28"
            $0.networkRows = [row]
        }
        change(29, in: &state) {
            $0.lastIpAddress = "10.0.0.1/24"
            $0.lastExternalIpAddress = "unknown"
        }
    }

    private static func users(_ state: inout EstateState) {
        change(8, in: &state) { $0.users = [] }
        change(10, in: &state) { $0.users = [LogonUser(domain: "corp", name: "twin")] }
        change(11, in: &state) {
            $0.users = [LogonUser(domain: "lab", name: "twin"), LogonUser(domain: "corp", name: "twin")]
        }
        change(12, in: &state) {
            $0.users = [
                LogonUser(id: "corp\\kate", accountName: nil, accountDomain: nil, omitsAccount: true),
                LogonUser(id: "corp\\lena", accountName: nil, accountDomain: "corp"),
                LogonUser(id: "nobackslash", accountName: nil, accountDomain: nil),
                LogonUser(id: "corp\\", accountName: nil, accountDomain: nil),
                LogonUser(domain: "corp", name: "Mixed.Case"),
                LogonUser(domain: "corp", name: "josé o'neil, jr & sons"),
            ]
        }
    }

    private static func adapters(_ state: inout EstateState) {
        let newest = state.generatedAt.adding(seconds: -30, fractionDigits: 7)
        change(19, in: &state) { $0.macAddress = "0A-1B-2C-3D-4E-5F" }
        change(20, in: &state) { machine in
            // The newest row with the address decides, though its MAC is of no use.
            let address = machine.lastIpAddress ?? ""
            machine.networkRows = [
                NetworkRow(timestamp: newest, macAddress: "00-00-00-00-00-00", addresses: [(address, 24, "Private")]),
                NetworkRow(
                    timestamp: newest.adding(seconds: -9), macAddress: "0A1B2C3D4E50",
                    addresses: [(address, 24, "Private")]),
            ]
        }
        change(21, in: &state) { $0.macAddress = "02-00-00-FF-FE-00-00-21" }
        change(22, in: &state) { machine in
            let address = machine.lastIpAddress ?? ""
            machine.networkRows = [
                NetworkRow(timestamp: newest, macAddress: "0A1B2C3D4E60", addresses: [("10.99.99.99", 24, "Private")]),
                NetworkRow(
                    timestamp: newest.adding(seconds: -1), macAddress: "0A1B2C3D4E61",
                    ipAddresses: "Private but no JSON ["),
                NetworkRow(timestamp: newest.adding(seconds: -2), macAddress: "0A1B2C3D4E62", ipAddresses: nil),
                NetworkRow(
                    timestamp: newest.adding(seconds: -3), macAddress: "0a1b2c3d4e63",
                    addresses: [
                        ("FD00:ABCD::22", 64, "Private"), (address, 24, "Private"), ("fe80::22%7", 64, "Private"),
                        ("fe80::zz", 64, "Private"),
                    ]),
                NetworkRow(
                    timestamp: newest.adding(seconds: -4), macAddress: "0A1B2C3D4E64",
                    addresses: [(address, 24, "Private")]),
            ]
        }
        change(15, in: &state) { machine in
            machine.macAddress = ""
            machine.lastSeen = machine.lastSeen.adding(seconds: 0, fractionDigits: 0)
        }
        change(16, in: &state) { machine in
            machine.macAddress = "not a mac"
            machine.lastSeen = EstateTime(nanoseconds: machine.lastSeen.nanoseconds + 1, fractionDigits: 9)
        }
        change(25, in: &state) { $0.lastIpAddress = "FE80::AB25" }
        let lower = NetworkRow(
            timestamp: newest, macAddress: "0A1B2C3D4E25", addresses: [("fe80::ab25", 64, "Private")])
        change(25, in: &state) { $0.networkRows = [lower] }
    }

    private static func software(_ state: inout EstateState) {
        let catalogue = state.catalogue
        func row(_ vendor: String?, _ name: String?, _ version: String?, _ cve: String?) -> SoftwareRow {
            SoftwareRow(vendor: vendor, name: name, version: version, cveId: cve)
        }
        change(17, in: &state) {
            $0.software = [
                row("contoso", "clean_tool", "1.0", nil), row("contoso", "clean_tool", "1.1", ""),
                row("contoso", "no_version", nil, catalogue.cveId(0)), row(nil, "no_vendor", "1", catalogue.cveId(1)),
                row("contoso", nil, "2", catalogue.cveId(2)),
                row("contoso", "odd name: \"x\"/ü", "1:2,3", catalogue.cveId(0)),
                row("contoso", "twice", "1", catalogue.cveId(3)), row("contoso", "twice", "1", catalogue.cveId(3)),
                row("contoso", "unknown_cve", "1", "CVE-1999-0001"), row(nil, nil, nil, nil),
            ]
        }
        // One row for each way a knowledge base entry can look.
        change(18, in: &state) {
            $0.software = (0..<32).map { row("fabrikam", "score_tool", "3.0", catalogue.cveId($0)) }
        }
    }

    private static func states(_ state: inout EstateState) {
        let now = state.generatedAt
        func inactive(_ index: Int, days: Double, _ state: inout EstateState) {
            change(index, in: &state) {
                $0.healthStatus = "Inactive"
                $0.lastSeen = now.adding(seconds: -days * 86_400, fractionDigits: 3)
                $0.firstSeen = now.adding(seconds: -90 * 86_400, fractionDigits: 0)
            }
        }
        inactive(23, days: 8, &state)
        inactive(24, days: 15.5, &state)
        inactive(25, days: 14.5, &state)
        change(27, in: &state) { $0.hasUnknownFields = true }
        change(28, in: &state) {
            $0.osPlatform = nil
            $0.version = nil
        }
        change(15, in: &state) { $0.osPlatform = "" }
        change(16, in: &state) { $0.version = nil }
        // A record under an id that must reach neither a query nor CAR.
        var strange = state.machines[26]
        state.removeMachine(id: strange.id)
        strange.id = strangeId
        state.add(strange)
    }

    static func addAlerts(to state: inout EstateState) {
        let created = state.generatedAt.adding(seconds: -7200)
        func alert(_ name: String, _ machineId: String?, _ change: (inout EstateAlert) -> Void = { _ in }) {
            var alert = EstateAlert(
                id: "da-awkward-\(name)", title: "Awkward \(name)", description: "An alert like few others",
                machineId: machineId,
                alertCreationTime: created, firstEventTime: created, lastUpdateTime: created)
            change(&alert)
            state.add(alert)
        }
        let machine = state.machines[10].id
        let deleted = state.machines[24].id
        alert("no-machine", nil)
        alert("unknown-machine", String(repeating: "f", count: 40))
        alert("deleted-machine", deleted)
        alert("strange-machine", strangeId)
        alert("empty-machine", "")
        alert("no-title", machine) { $0.title = nil }
        alert("empty-title", machine) { $0.title = "" }
        alert("no-texts", machine) {
            $0.alertDescription = nil
            $0.severity = nil
            $0.firstEventTime = nil
        }
        alert("unspecified", machine) { $0.severity = "UnSpecified" }
        alert("unknown-status", machine) { $0.status = "Unknown" }
        alert("resolved", machine) { $0.status = "Resolved" }
        for digits in 0...9 {
            alert("digits-\(digits)", machine) {
                $0.alertCreationTime = EstateTime(
                    nanoseconds: created.nanoseconds + 987_654_321, fractionDigits: digits)
                $0.firstEventTime = EstateTime(nanoseconds: created.nanoseconds - 12_345_679, fractionDigits: digits)
            }
        }
    }
}
