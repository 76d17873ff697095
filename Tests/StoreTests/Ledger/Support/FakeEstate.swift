import ConnectorCore

/// What a fake Defender knows.
struct FakeEstate: Sendable {
    struct Device: Sendable {
        var id: MachineID
        var name: String?
        var platform: String?
        var version: String?
        var lastIP: String?
        var externalIP: String?
        var lastSeen: Timestamp
        var users: [String]
        /// `false`: Defender answers 404.
        var usersAreKnown = true
        /// Newest first.
        var adapters: [NetworkAdapter]
        var findings: [Finding]
        /// Changed since CAR was last compared.
        var isDirty = true
    }

    static let day: Int64 = 86_400

    var now: Timestamp
    var devices: [Device] = []
    var alerts: [Alert] = []
    var cves: [String: CVE] = [:]

    init(now: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) { self.now = now }

    /// The id whose last digits are the number.
    static func id(_ number: Int) -> MachineID {
        let digits = String(number)
        guard let id = MachineID(String(repeating: "0", count: 40 - digits.count) + digits) else {
            fatalError("\(number) makes no machine id")
        }
        return id
    }

    func index(of id: MachineID) -> Int? { devices.firstIndex { $0.id == id } }

    func isInactive(_ device: Device) -> Bool { device.lastSeen.adding(seconds: 7 * Self.day) < now }

    func machine(_ device: Device) -> Machine {
        Machine(
            id: device.id, computerDnsName: device.name, osPlatform: device.platform, version: device.version,
            lastIpAddress: device.lastIP, lastExternalIpAddress: device.externalIP,
            healthStatus: isInactive(device) ? "Inactive" : "Active", lastSeen: device.lastSeen)
    }

    func machines(_ selection: MachineSelection) -> [Machine] {
        devices.map(machine).filter { machine in
            guard let lastSeen = machine.lastSeen else { return selection == .all }
            return switch selection {
            case .all: true
            case .lastSeen(let since): lastSeen >= since
            case .inactive(let until): machine.isInactive && lastSeen <= until
            }
        }
    }

    func alerts(_ selection: AlertSelection) -> [Alert] {
        alerts.filter { alert in
            switch selection {
            case .open: alert.isOpen
            case .updated(let since): alert.lastUpdateTime.map { $0 >= since } ?? false
            }
        }
    }

    @discardableResult
    mutating func add(
        _ number: Int, name: String? = nil, users: [String] = [], findings: [Finding] = [], ip: String? = nil
    ) -> MachineID {
        let id = Self.id(number)
        devices.append(
            Device(
                id: id, name: name ?? "host-\(number)", platform: "Windows11", version: "23H2", lastIP: ip,
                lastSeen: now, users: users, adapters: [], findings: findings))
        return id
    }

    /// Changes a device, which reports to Defender by it.
    mutating func change(_ id: MachineID, _ body: (inout Device) -> Void) {
        guard let index = index(of: id) else { return }
        body(&devices[index])
        devices[index].lastSeen = now
        devices[index].isDirty = true
    }

    mutating func pass(seconds: Int64) { now = now.adding(seconds: seconds) }

    /// Adds an alert, or replaces the one of that id, as of now.
    mutating func alert(
        _ id: String, on machine: MachineID?, status: String = "New", title: String = "Something",
        severity: String = "High"
    ) {
        var alert = Alert(
            id: id, title: title, severity: severity, status: status, machineID: machine, alertCreationTime: now,
            lastUpdateTime: now)
        if let index = alerts.firstIndex(where: { ExactText($0.id) == ExactText(id) }) {
            alert.alertCreationTime = alerts[index].alertCreationTime
            alerts[index] = alert
        } else {
            alerts.append(alert)
        }
    }
}
