/// Everything Defender knows at one moment. A value: a simulator answers from a copy, tests change it in place.
public struct EstateState: Sendable {
    public let seed: UInt64
    public let rowsPerMachine: Int
    let catalogue: Catalogue
    /// The clock's time plus what `Estate.advance` added.
    public internal(set) var now: EstateTime
    /// When the estate was generated: what is derived is relative to it and doesn't move with the clock.
    public let generatedAt: EstateTime

    public private(set) var machines: [EstateMachine] = []
    public private(set) var alerts: [EstateAlert] = []
    /// Knowledge base entries that replace or add to the catalogue's; the empty id never occurs.
    public private(set) var cveOverrides: [String: CVE] = [:]

    /// What became of rows of the vulnerability export since the estate began to live; oldest first.
    var history: [VulnerabilityEvent] = []
    /// When entries of the knowledge base were changed.
    private(set) var cveUpdates: [String: EstateTime] = [:]
    /// Off while an estate is put together.
    var recordsHistory = false

    private var machinePosition: [String: Int] = [:]
    private var alertPosition: [String: Int] = [:]
    private var nextIndex = 0

    /// An empty estate, for hand-written ones.
    public init(seed: UInt64 = 1, now: EstateTime, expectedMachines: Int = 0, rowsPerMachine: Int = 0) {
        self.seed = seed
        self.now = now
        generatedAt = now
        self.rowsPerMachine = rowsPerMachine
        catalogue = Catalogue(seed: seed, machines: expectedMachines, rowsPerMachine: rowsPerMachine)
    }

    // MARK: Reading

    public func machine(id: String) -> EstateMachine? {
        machinePosition[id].map { machines[$0] }
    }

    public func alert(id: String) -> EstateAlert? {
        alertPosition[id].map { alerts[$0] }
    }

    public func users(of machine: EstateMachine) -> [LogonUser] {
        machine.users ?? Derived.users(of: machine, seed: seed)
    }

    public func networkRows(of machine: EstateMachine) -> [NetworkRow] {
        machine.networkRows ?? Derived.networkRows(of: machine, seed: seed, generatedAt: generatedAt)
    }

    public func softwareRows(of machine: EstateMachine) -> [SoftwareRow] {
        machine.software ?? (0..<rowsPerMachine).map { catalogue.row(machine: machine.index, row: $0) }
    }

    public func cve(id: String) -> CVE? {
        cveOverrides[id] ?? catalogue.cve(id: id)
    }

    /// Every CVE of the knowledge base.
    public func knowledgeBase() -> [CVE] {
        let derived = (0..<catalogue.cveCount).compactMap { catalogue.cve(id: catalogue.cveId($0)) }
        return derived.filter { cveOverrides[$0.id] == nil } + cveOverrides.values.sorted { $0.id < $1.id }
    }

    // MARK: Changing

    /// Adds a machine; one of the same id is replaced.
    public mutating func add(_ machine: EstateMachine) {
        nextIndex = max(nextIndex, machine.index + 1)
        if let position = machinePosition[machine.id] {
            remember(machines[position], machine)
            machines[position] = machine
        } else {
            remember(nil, machine)
            machinePosition[machine.id] = machines.count
            machines.append(machine)
        }
    }

    /// Adds a machine with derived users, adapters and software that reported just now; returns its id.
    @discardableResult
    public mutating func addMachine(_ change: (inout EstateMachine) -> Void = { _ in }) -> String {
        var machine = Derived.machine(index: nextIndex, seed: seed, generatedAt: now)
        machine.lastSeen = now
        machine.firstSeen = now
        machine.healthStatus = "Active"
        change(&machine)
        add(machine)
        return machine.id
    }

    /// Takes a machine out of every answer.
    public mutating func removeMachine(id: String) {
        guard let position = machinePosition.removeValue(forKey: id) else { return }
        remember(machines[position], nil)
        machines.remove(at: position)
        for later in position..<machines.count { machinePosition[machines[later].id] = later }
    }

    /// Changes a machine, which thereby reports (its `lastSeen` becomes now) unless `reports` is false.
    ///
    /// - Returns: whether there is such a machine. Its id and index can't change.
    @discardableResult
    public mutating func updateMachine(
        id: String, reports: Bool = true, _ change: (inout EstateMachine) -> Void
    ) -> Bool {
        guard let position = machinePosition[id] else { return false }
        let before = recordsHistory ? machines[position] : nil
        if reports { machines[position].lastSeen = now }
        change(&machines[position])
        if let before { remember(before, machines[position]) }
        precondition(machines[position].id == id, "a machine's id is fixed")
        return true
    }

    /// Replaces what derived users there are by a changed list.
    public mutating func updateUsers(of id: String, _ change: (inout [LogonUser]) -> Void) {
        guard var users = machine(id: id).map(users(of:)) else { return }
        change(&users)
        updateMachine(id: id) { $0.users = users }
    }

    /// Replaces what derived software rows there are by a changed list.
    public mutating func updateSoftware(of id: String, _ change: (inout [SoftwareRow]) -> Void) {
        guard var rows = machine(id: id).map(softwareRows(of:)) else { return }
        change(&rows)
        updateMachine(id: id) { $0.software = rows }
    }

    /// Gives the machine a new address on a new newest adapter row, with the same or another MAC.
    public mutating func changeAddress(of id: String, to address: String, macAddress: String? = nil) {
        guard let machine = machine(id: id) else { return }
        let rows = networkRows(of: machine)
        let mac = macAddress ?? machine.macAddress ?? rows.first?.macAddress
        let newest = NetworkRow(timestamp: now, macAddress: mac, addresses: [(address, 24, "Private")])
        updateMachine(id: id) {
            $0.lastIpAddress = address
            $0.macAddress = mac
            $0.networkRows = [newest] + rows
        }
    }

    public mutating func setCVE(_ cve: CVE) {
        cveOverrides[cve.id] = cve
        if recordsHistory { cveUpdates[cve.id] = now }
    }

    /// Adds an alert; one of the same id is replaced.
    public mutating func add(_ alert: EstateAlert) {
        if let position = alertPosition[alert.id] {
            alerts[position] = alert
        } else {
            alertPosition[alert.id] = alerts.count
            alerts.append(alert)
        }
    }

    /// Changes an alert, whose `lastUpdateTime` becomes now.
    @discardableResult
    public mutating func updateAlert(id: String, _ change: (inout EstateAlert) -> Void = { _ in }) -> Bool {
        guard let position = alertPosition[id] else { return false }
        alerts[position].lastUpdateTime = now
        change(&alerts[position])
        precondition(alerts[position].id == id, "an alert's id is fixed")
        return true
    }
}
