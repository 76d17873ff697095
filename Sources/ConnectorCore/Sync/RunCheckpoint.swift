/// Where a run stands, as a row: a process that dies leaves it behind, and the next one goes on from it.
public struct RunCheckpoint: Sendable, Equatable, Codable {
    /// CAR's full import session. The CAR job's id is kept between the request and its completion, so that a restart
    /// waits for the same job instead of asking again.
    public enum Session: Sendable, Equatable, Codable {
        case none
        case starting(carJob: String)
        case entered
        case ending(carJob: String)
        case left
    }

    public enum Step: String, Sendable, Codable {
        case prepare, machines, details, alerts, deletions, finishing, done
    }

    public var identity: RunIdentity
    public var step: Step
    /// Decided in `prepare`.
    public var effectiveKind: JobKind?
    public var fallbackReason: String?
    /// The save point in CAR before the run.
    public var savePointFrom: String?
    /// Which machines to list; `nil` lists all.
    public var machinesSince: Timestamp?
    /// The rows of the machine list read so far, the next page's `$skip`.
    public var machinesSkip: Int
    /// Whether the machine list has been walked to its end once; `nil` is no.
    public var machinesWalked: Bool?
    /// Whether the machines moved so fast that some may have been missed; `nil` is no.
    public var machinesMissed: Bool?
    /// The `$skip` in the list of machines that may count as deleted; `nil` where that list is not needed or read.
    public var inactiveSkip: Int?
    /// Rows of the alert list that are finished.
    public var alertsSkip: Int
    /// From which moment alerts are read; `nil` reads the open ones.
    public var alertsSince: Timestamp?
    /// Whether the open alerts that are due before those of the window have been read.
    public var openAlertsDone: Bool
    /// Whether the alerts moved so fast that some may have been missed; `nil` is no.
    public var alertsMissed: Bool?
    /// The last alert that an initial import without alerts has kept from the ledger before; `nil` where none was.
    public var alertsKeptThrough: String?
    public var session: Session
    /// Decided in `prepare`, for the whole run.
    public var choices: RunChoices?
    /// `nil` until the vulnerability export is needed.
    public var vulnerabilities: VulnerabilityWalk?
    /// The ledger's generation that the run writes to.
    public var generation: Int64?

    public init(identity: RunIdentity) {
        self.identity = identity
        step = .prepare
        machinesSkip = 0
        alertsSkip = 0
        openAlertsDone = false
        session = .none
    }
}
