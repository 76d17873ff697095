import ConnectorCore

/// What CAR must hold for an estate, worked out from the mapping without the mapper.
struct ExpectedGraph {
    private(set) var edges: Set<Edge> = []
    /// Name and description by id.
    private(set) var assets: [String: [String?]] = [:]
    /// Titles of the open alerts by id.
    private(set) var alerts: [String: String] = [:]

    init(_ estate: FakeEstate) {
        for device in estate.devices where !Self.isDeleted(device, in: estate) { add(device) }
        for alert in estate.alerts where alert.status == "New" || alert.status == "InProgress" {
            guard let machine = alert.machineID?.text, assets[machine] != nil else { continue }
            alerts[alert.id] = alert.title
            edge(.assetVulnerability, machine, alert.id)
        }
    }

    static func isDeleted(_ device: FakeEstate.Device, in estate: FakeEstate) -> Bool {
        device.lastSeen.milliseconds <= estate.now.milliseconds - 15 * 86_400_000
    }

    private mutating func edge(_ kind: EdgeKind, _ from: String, _ to: String) {
        edges.insert(Edge(kind, from: from, to: to))
    }

    private mutating func add(_ device: FakeEstate.Device) {
        let id = device.id.text
        let description = [device.platform, device.version].compactMap(\.self).joined(separator: " ")
        assets[id] = [device.name ?? id, description.isEmpty ? nil : description]
        if let name = device.name { edge(.assetHostname, id, name) }
        if let platform = device.platform { edge(.assetApplication, id, platform) }
        for user in device.users {
            edge(.userAccount, user, user)
            edge(.assetAccount, id, user)
            if let name = device.name { edge(.accountHostname, user, name) }
        }
        for finding in device.findings {
            if let software = finding.software { edge(.assetApplication, id, software) }
            if let cve = finding.cve { edge(.assetVulnerability, id, cve) }
            if let software = finding.software, let cve = finding.cve {
                edge(.applicationVulnerability, software, cve)
            }
        }
        addAddresses(of: device)
    }

    private mutating func addAddresses(of device: FakeEstate.Device) {
        let id = device.id.text
        for address in [device.lastIP, device.externalIP].compactMap(\.self) { edge(.assetIPAddress, id, address) }
        guard let last = device.lastIP,
            let adapter = device.adapters.first(where: { $0.addresses.contains { $0.address == last } })
        else { return }
        let private64 = adapter.addresses.filter { $0.type == "Private" && $0.subnetPrefix == 64 }.map(\.address)
        for address in private64 { edge(.assetIPAddress, id, address) }
        guard let mac = adapter.macAddress else { return }
        edge(.assetMACAddress, id, mac)
        for address in private64 + [last] where address != device.externalIP {
            edge(.ipAddressMACAddress, address, mac)
        }
    }
}
