import ConnectorCore

/// Changes an estate in every way that Defender may report, at random.
struct Evolution {
    private static let addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "fe80::1", "fe80::2", "fe80::3"]
    private static let macAddresses = ["0A:00:00:00:00:01", "0A:00:00:00:00:02", "0A:00:00:00:00:03"]
    private static let users = ["ann", "bob", "cy", "dee", "eve"]
    private static let software = ["v:a:1", "v:a:2", "v:b:1"]
    private static let cves = ["CVE-1", "CVE-2", "CVE-3", "CVE-4"]

    var random: SplitMix
    private var devices = 0
    private var alerts = 0

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func change(_ estate: inout FakeEstate) {
        pass(&estate)
        for _ in 0..<Int.random(in: 1...6, using: &random) { step(&estate) }
    }

    /// Minutes, sometimes days: long enough for those that stay silent to be Inactive or to count as deleted.
    private mutating func pass(_ estate: inout FakeEstate) {
        guard random.chance(12) else { return estate.pass(seconds: Int64.random(in: 1...20_000, using: &random)) }
        estate.pass(seconds: FakeEstate.day * Int64.random(in: 4...17, using: &random))
        for device in estate.devices where device.isDirty || random.chance(75) {
            // One that had become Inactive since it changed would keep its old vulnerabilities, as the mapping has it.
            let wasDirty = device.isDirty
            estate.change(device.id) { _ in }
            if let index = estate.index(of: device.id) { estate.devices[index].isDirty = wasDirty }
        }
    }

    private mutating func step(_ estate: inout FakeEstate) {
        guard let id = estate.devices.randomElement(using: &random)?.id, !random.chance(15) else {
            devices += 1
            let id = estate.add(devices)
            estate.change(id) { randomize(&$0, number: devices) }
            return
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: estate.change(id) { $0.users = random.some(Self.users, atMost: 3) }
        case 1: estate.change(id) { $0.findings = findings() }
        case 2: estate.change(id) { $0.lastIP = random.chance(10) ? nil : random.pick(Self.addresses) }
        case 3: estate.change(id) { $0.externalIP = random.pick([nil, "9.9.9.9", "9.9.9.8", "10.0.0.1"]) }
        case 4, 5: estate.change(id) { $0.adapters = adapters(of: $0.id) }
        case 6: estate.change(id) { $0.platform = random.pick(["Windows10", "Windows11", nil]) }
        case 7: estate.change(id) { $0.name = random.pick(["alpha", "beta", nil]) }
        case 8: estate.change(id) { _ in }
        default: changeAlert(&estate, of: id)
        }
    }

    private mutating func randomize(_ device: inout FakeEstate.Device, number: Int) {
        device.name = random.pick(["alpha", "beta", "host\(number)"])
        device.users = random.some(Self.users, atMost: 3)
        device.findings = findings()
        device.lastIP = random.pick(Self.addresses)
        device.externalIP = random.pick([nil, "9.9.9.9"])
        device.adapters = adapters(of: device.id)
    }

    private mutating func findings() -> [Finding] {
        random.some(Self.software, atMost: 2).flatMap { software in
            [Finding(software: software, cve: nil)]
                + random.some(Self.cves, atMost: 3).map { Finding(software: software, cve: $0) }
        } + (random.chance(20) ? [Finding(software: nil, cve: random.pick(Self.cves))] : [])
    }

    private mutating func adapters(of id: MachineID) -> [NetworkAdapter] {
        (0..<Int.random(in: 0...2, using: &random)).map { _ in
            let addresses = random.some(Self.addresses, atMost: 4).map {
                NetworkAdapter.Address(address: $0, subnetPrefix: $0.hasPrefix("fe") ? 64 : 24, type: "Private")
            }
            return NetworkAdapter(
                deviceID: id, addresses: addresses,
                macAddress: random.chance(10) ? nil : random.pick(Self.macAddresses))
        }
    }

    private mutating func changeAlert(_ estate: inout FakeEstate, of id: MachineID) {
        guard let alert = estate.alerts.randomElement(using: &random), !random.chance(40) else {
            alerts += 1
            estate.alert("alert-\(alerts)", on: random.chance(5) ? nil : id)
            return
        }
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: estate.alert(alert.id, on: alert.machineID, status: "Resolved")
        case 2: estate.alert(alert.id, on: alert.machineID, status: "InProgress", title: alert.title ?? "")
        case 3: estate.alert(alert.id, on: alert.machineID, title: "Title \(Int.random(in: 0...3, using: &random))")
        default: estate.alert(alert.id, on: id, status: alert.status ?? "New")
        }
    }
}
