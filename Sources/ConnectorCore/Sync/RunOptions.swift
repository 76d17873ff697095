/// Where the addresses and MACs of machines are read.
public enum AddressSource: String, Sendable, Codable, CaseIterable {
    /// `DeviceNetworkInfo`: one query for every batch of machines.
    case hunting
    /// The machine list itself: no further call. It has no prefix lengths, so a private IPv6 address counts as /64.
    case machines
}

/// Where the users of machines are read.
public enum UserSource: String, Sendable, Codable, CaseIterable {
    /// `GET /api/machines/{id}/logonusers`: one call for every machine.
    case logonUsers = "logonusers"
    /// `DeviceLogonEvents` of the last 30 days: one query for every batch of machines.
    case hunting
}

/// Where the software and CVEs of machines are read.
public enum VulnerabilitySource: String, Sendable, Codable, CaseIterable {
    /// `DeviceTvmSoftwareVulnerabilities`: one query for every batch of machines.
    case hunting
    /// The vulnerability export, in incremental runs what has changed in it, and the list of CVEs. Data up to six hours old.
    case export
}

/// What governs a run beside its data.
public struct RunOptions: Sendable, Equatable {
    public var alerts: Bool
    public var vulnerabilities: Bool
    public var addresses: AddressSource
    public var users: UserSource
    public var vulnerabilitySource: VulnerabilitySource
    /// How far an incremental run looks back behind the save point.
    public var overlapSeconds: Int64
    /// How long ago an Inactive machine was last seen to count as deleted.
    public var deleteAfterInactiveSeconds: Int64
    /// A run that would remove more than this share of the known machines (and more than `deleteGuardMachines`) fails.
    public var deleteGuardPercent: Int
    public var deleteGuardMachines: Int
    /// `$top` of the lists.
    public var machinesPerPage: Int
    public var alertsPerPage: Int
    /// Rows of 1 KB on a page of the vulnerability export. Defender gives up to 200,000, which is 200 MB in memory.
    public var vulnerabilitiesPerPage: Int
    /// At most 8,000.
    public var cvesPerPage: Int
    /// At most 150, the most that one hunting query takes.
    public var machinesPerBatch: Int
    /// From the first call to Defender until CAR has confirmed everything.
    public var batchesInFlight: Int
    /// Of those, the ones whose answers from Defender are on their way or in memory unread.
    public var batchesReading: Int
    /// While the batches in flight hold more findings no further one begins.
    public var findingsInFlight: Int
    /// A batch at which this many processes have died in a row ends the job.
    public var batchStartsMax: Int

    public init(
        alerts: Bool = true, vulnerabilities: Bool = true, addresses: AddressSource = .hunting,
        users: UserSource = .logonUsers, vulnerabilitySource: VulnerabilitySource = .hunting,
        overlapSeconds: Int64 = 600,
        deleteAfterInactiveSeconds: Int64 = 15 * 86_400, deleteGuardPercent: Int = 20, deleteGuardMachines: Int = 10,
        machinesPerPage: Int = 5000, alertsPerPage: Int = 2000, vulnerabilitiesPerPage: Int = 20_000,
        cvesPerPage: Int = 8000, machinesPerBatch: Int = 150, batchesInFlight: Int = 12, batchesReading: Int = 3,
        findingsInFlight: Int = 20_000, batchStartsMax: Int = 5
    ) {
        self.alerts = alerts
        self.vulnerabilities = vulnerabilities
        self.addresses = addresses
        self.users = users
        self.vulnerabilitySource = vulnerabilitySource
        self.overlapSeconds = overlapSeconds
        self.deleteAfterInactiveSeconds = deleteAfterInactiveSeconds
        self.deleteGuardPercent = deleteGuardPercent
        self.deleteGuardMachines = deleteGuardMachines
        self.machinesPerPage = machinesPerPage
        self.alertsPerPage = alertsPerPage
        self.vulnerabilitiesPerPage = vulnerabilitiesPerPage
        self.cvesPerPage = cvesPerPage
        self.machinesPerBatch = machinesPerBatch
        self.batchesInFlight = batchesInFlight
        self.batchesReading = batchesReading
        self.findingsInFlight = findingsInFlight
        self.batchStartsMax = batchStartsMax
    }

    /// The options with what the request chose.
    public func applying(_ chosen: JobOptions) -> RunOptions {
        var options = self
        if let alerts = chosen.alerts { options.alerts = alerts }
        if let vulnerabilities = chosen.vulnerabilities { options.vulnerabilities = vulnerabilities }
        return options
    }
}

/// What a run has begun with and keeps to its end, whatever is set by then: later steps rely on what earlier ones have
/// read, and the ledger on the whole run having read it.
public struct RunChoices: Sendable, Equatable, Codable {
    public var alerts: Bool
    public var vulnerabilities: Bool
    public var addresses: AddressSource
    public var users: UserSource
    public var vulnerabilitySource: VulnerabilitySource
}

extension RunOptions {
    var choices: RunChoices {
        RunChoices(
            alerts: alerts, vulnerabilities: vulnerabilities, addresses: addresses, users: users,
            vulnerabilitySource: vulnerabilitySource)
    }

    func keeping(_ choices: RunChoices) -> RunOptions {
        var options = self
        options.alerts = choices.alerts
        options.vulnerabilities = choices.vulnerabilities
        options.addresses = choices.addresses
        options.users = choices.users
        options.vulnerabilitySource = choices.vulnerabilitySource
        return options
    }
}
