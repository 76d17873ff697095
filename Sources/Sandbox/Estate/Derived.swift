/// Ordinary machines and what belongs to them, computed from the seed and the machine's index.
enum Derived {
    private static let platforms: [(name: String, version: String?, build: Int?)] = [
        ("Windows11", "23H2", 22631), ("Windows10", "22H2", 19045), ("WindowsServer2019", "1809", 17763),
        ("WindowsServer2022", "21H2", 20348), ("Ubuntu", "22.4", nil), ("RedHatEnterpriseLinux", "8.9", nil),
        ("macOS", "14.5", nil),
    ]
    private static let domains = ["corp", "emea", "lab"]

    static func machine(index: Int, seed: UInt64, generatedAt: EstateTime) -> EstateMachine {
        var random = SplitMix64(seed: seed, 0x10, UInt64(index))
        let platform = random.pick(platforms)
        let lastSeen = generatedAt.adding(
            seconds: -Double(random.below(86_400)) - 0.123_456_789, fractionDigits: random.below(10))
        var machine = EstateMachine(
            index: index, id: hexadecimal(40, &random),
            computerDnsName: "host-\(index).\(random.pick(domains)).example",
            firstSeen: lastSeen.adding(seconds: -Double(random.below(8_000_000)), fractionDigits: random.below(10)),
            lastSeen: lastSeen, osPlatform: platform.name, version: platform.version,
            lastIpAddress: "10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)",
            lastExternalIpAddress: index % 11 == 0
                ? "2001:db8:ffff::\(String(index / 50, radix: 16))"
                : "198.51.\(100 + index / 12_750 % 100).\(index / 50 % 255)")
        machine.osBuild = platform.build
        machine.riskScore = random.pick(["None", "Informational", "Low", "Medium", "High", nil])
        machine.exposureLevel = random.pick(["None", "Low", "Medium", "High"])
        machine.healthStatus =
            random.below(25) == 0 ? random.pick(["ImpairedCommunication", "NoSensorData", "Unknown"]) : "Active"
        machine.machineTags = random.below(5) == 0 ? ["tag \(random.below(9))"] : []
        machine.rbacGroupId = random.below(3)
        return machine
    }

    static func hexadecimal(_ digits: Int, _ random: inout SplitMix64) -> String {
        var text: [UInt8] = []
        while text.count < digits {
            var bits = random.next()
            for _ in 0..<min(16, digits - text.count) {
                let nibble = UInt8(bits & 15)
                text.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
                bits >>= 4
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func users(of machine: EstateMachine, seed: UInt64) -> [LogonUser] {
        var random = SplitMix64(seed: seed, 0x20, UInt64(machine.index))
        // One of them is the machine's own, the others come from a pool that machines share.
        var users = [LogonUser(domain: "corp", name: "user\(machine.index)")]
        for _ in 0..<random.below(4) {
            let user = LogonUser(domain: random.pick(domains), name: "shared.\(random.below(40))")
            if !users.contains(where: { $0.id == user.id }) { users.append(user) }
        }
        return users
    }

    /// Four rows, newest first: a virtual adapter, the machine's adapter, the same one earlier with another address,
    /// and one older than hunting looks back.
    static func networkRows(of machine: EstateMachine, seed: UInt64, generatedAt: EstateTime) -> [NetworkRow] {
        var random = SplitMix64(seed: seed, 0x30, UInt64(machine.index))
        let address = machine.lastIpAddress ?? "192.168.7.7"
        let mac = machine.macAddress ?? macAddress(machine.index, separated: machine.index % 3 == 0)
        let group = String(machine.index, radix: 16)
        let newest = generatedAt.adding(seconds: -Double(1 + random.below(7200)), fractionDigits: 7)
        let main = [
            (address, address.contains(":") ? 64 : 24, "Private"),
            ("fd00:5:\(random.below(9))::\(group)", 64, "Private"), ("fe80::\(group)", 64, "Private"),
            ("2001:db8:1::\(group)", 64, "Public"), ("fd00:6::\(group)", 128, "Private"),
        ]
        return [
            NetworkRow(
                timestamp: newest, adapter: "vEthernet", macAddress: "02-15-5D-00-00-01",
                addresses: [("172.17.0.1", 16, "Private")]),
            NetworkRow(timestamp: newest.adding(seconds: -60), macAddress: mac, addresses: main),
            NetworkRow(
                timestamp: newest.adding(seconds: -86_400), macAddress: "0A00AAAA0001",
                addresses: [(address, 24, "Private"), ("fd00:9::9", 64, "Private")]),
            NetworkRow(
                timestamp: newest.adding(seconds: -40 * 86_400), macAddress: "0A00BBBB0001",
                addresses: [("192.168.99.99", 24, "Private")]),
        ]
    }

    static func macAddress(_ index: Int, separated: Bool) -> String {
        let pairs = [0x02, 0xAB, index >> 24 & 255, index >> 16 & 255, index >> 8 & 255, index & 255].map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true)
        }
        return pairs.joined(separator: separated ? "-" : "")
    }

    static func alert(index: Int, in state: EstateState) -> EstateAlert {
        var random = SplitMix64(seed: state.seed, 0x40, UInt64(index))
        let machine = state.machines[random.below(state.machines.count)]
        let created = state.generatedAt.adding(
            seconds: -Double(random.below(20 * 86_400)) - 0.987_654_321, fractionDigits: random.below(10))
        return EstateAlert(
            id: "da6378\(100_000_000 + index)_\(random.below(2_000_000_000))",
            title: "Suspicious activity \(random.below(12))",
            description: "Seen on \(machine.computerDnsName ?? "a device").",
            status: random.pick(["New", "New", "InProgress", "Resolved"]),
            severity: random.pick(["High", "Medium", "Low", "Informational", "UnSpecified"]),
            machineId: machine.id, computerDnsName: machine.computerDnsName, alertCreationTime: created,
            firstEventTime: created.adding(seconds: -300, fractionDigits: random.below(10)),
            lastUpdateTime: created.adding(seconds: Double(random.below(3600)), fractionDigits: random.below(10)))
    }
}
