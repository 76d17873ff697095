/// Where a run keeps its work list and the ledger: what CAR holds from us. Every call is one transaction.
///
/// The ledger of a connection has *generations*: an initial import fills a new one beside the current and replaces it at
/// its end, so a run that fails never leaves a mixture.
public protocol RunStore: VulnerabilityStore {
    // MARK: The run

    /// The checkpoint of the job; a new one where the job starts for the first time.
    func openRun(_ job: JobID, connection: String, now: Timestamp) async throws -> RunCheckpoint
    /// Lost with the power at worst, and the step is taken again then.
    func save(_ checkpoint: RunCheckpoint, of job: JobID) async throws
    /// For what CAR must not be asked again.
    func saveDurably(_ checkpoint: RunCheckpoint, of job: JobID) async throws
    func addToReport(_ part: ImportReport, of job: JobID) async throws
    func report(ofRun job: JobID) async throws -> ImportReport
    /// Removes the work list of a job that has ended, and the ledger rows that no generation in use needs, in bounded
    /// steps.
    func cleanUp(_ job: JobID, connection: String) async throws

    // MARK: The ledger as a whole

    func ledger(of connection: String) async throws -> LedgerState
    /// Opens a new generation for the job and makes the current one unusable, or forgets it where CAR's database is new;
    /// saves the checkpoint with it.
    func beginGeneration(_ checkpoint: RunCheckpoint, of job: JobID, connection: String) async throws -> RunCheckpoint
    /// The ledger can't be used until an initial import has succeeded.
    func invalidateLedger(of connection: String, reason: String) async throws
    /// Records that the run is about to write this save point to CAR.
    func prepareSavePoint(_ savePoint: String, of connection: String) async throws
    /// CAR has the save point: the run's generation is the ledger now.
    func completeRun(_ job: JobID, connection: String, completion: RunCompletion) async throws
    /// The largest page seen of each list, which tells whether a short page is the last one.
    func recordPageRows(machines: Int?, alerts: Int?, of connection: String) async throws

    // MARK: The work list

    /// Adds machines that the run has not listed yet and saves the checkpoint and the report with them; those listed
    /// already are reported as skipped.
    ///
    /// - Parameters:
    ///   - deletions: machines of the same page to delete, of those that the ledger knows.
    ///   - isAgain: the list is walked once more: of `machines` only those that were not listed yet count as read.
    /// - Returns: those of `machines` that were not listed yet.
    func addMachines(
        _ machines: [Machine], deletions: [MachineID], isAgain: Bool, checkpoint: RunCheckpoint, report: ImportReport,
        of job: JobID
    ) async throws -> [Machine]
    /// Adds machines to delete, of those that the ledger knows, and saves the checkpoint with them.
    func addDeletions(_ machines: [MachineID], checkpoint: RunCheckpoint, of job: JobID) async throws
    /// What the run is about to delete, or what an initial import is about to let CAR retire.
    func deletionCensus(of job: JobID, connection: String, wholeEstate: Bool) async throws -> DeletionCensus
    /// How many machines are listed and finished.
    func workCount(of job: JobID) async throws -> JobProgress.Count
    /// The numbers of batches that are not finished, in order. Cuts the list into batches when first asked.
    func unfinishedBatches(of job: JobID, size: Int) async throws -> [Int]
    /// The machines of a batch, and how many processes have died at it. Counts this start.
    func startBatch(_ number: Int, of job: JobID) async throws -> WorkBatch
    /// The batch was given back in good order: its start does not count.
    func releaseBatch(_ number: Int, of job: JobID) async throws

    // MARK: Batches

    /// Those of `cves` that CAR does not have from us with this date and score, so that their description is needed.
    func cvesWithoutText(_ cves: [CVE], of job: JobID) async throws -> [String]

    /// What the ledger that an initial import replaces knows of machines; none of a machine that the import's own ledger
    /// has by now, and none for an incremental run, whose ledger keeps what it has.
    func knownFacts(of machines: [MachineID], job: JobID) async throws -> [MachineID: KnownFacts]

    /// Writes what the batch is about to make true into the ledger as not yet confirmed, and tells what to send.
    ///
    /// - Parameter claim: called within the transaction with vertices that CAR may lack, and returns those to send.
    func planBatch(
        _ batch: BatchGraph, of job: JobID, claim: @escaping @Sendable ([VertexID]) -> Set<VertexID>
    ) async throws -> BatchPlan
    /// Everything in the plan is confirmed by CAR: the batch is finished.
    func confirmBatch(_ number: Int, plan: BatchPlan, report: ImportReport, of job: JobID) async throws

    // MARK: Alerts

    /// Writes what the page of alerts is about to make true into the ledger; the edges of alerts that are resolved or
    /// moved join those that are gone.
    func planAlerts(_ alerts: [Alert], of job: JobID) async throws -> AlertPlan
    /// The next alerts that the ledger knew before this initial import, of machines that it has, as not yet confirmed: by
    /// their title alone. None for an incremental run.
    ///
    /// - Parameter id: the last one of the page before.
    func planKeptAlerts(after id: String?, limit: Int, of job: JobID) async throws -> AlertPlan
    func confirmAlerts(_ plan: AlertPlan, checkpoint: RunCheckpoint, report: ImportReport, of job: JobID) async throws

    // MARK: Deletions and edges that are gone

    func pendingDeletions(of job: JobID, limit: Int) async throws -> [MachineID]
    func beginDeletions(_ machines: [MachineID], of job: JobID, connection: String) async throws
    func confirmDeletions(_ machines: [MachineID], report: ImportReport, of job: JobID) async throws
    /// Edges that nothing implies any more and that CAR may still show as active.
    func goneEdges(of job: JobID, limit: Int) async throws -> [GoneEdge]
    func confirmGone(_ edges: [GoneEdge], report: ImportReport, of job: JobID) async throws
}

/// What the ledger of a connection says of itself.
public struct LedgerState: Sendable, Equatable {
    /// The `invalidReason` of a ledger that tells nothing of what CAR holds.
    public static let databaseIsNewReason = "the CAR database was newly created"

    /// The save point that the ledger belongs to; `nil` where there is no usable ledger.
    public var savePoint: String?
    /// A save point that a run was about to write when it ended; CAR may hold it.
    public var pendingSavePoint: String?
    public var machinesKnown: Int
    /// Until when the ledger's alerts are covered: an alert in it that was updated since may be out of date.
    public var alertsThrough: Timestamp?
    /// Whether open alerts may be missing that were last updated before `alertsThrough`: they were left out, or their
    /// machine came later than they.
    public var openAlertsDue: Bool
    public var vulnerabilitiesThrough: Timestamp?
    /// Why the ledger can't be used.
    public var invalidReason: String?
    public var machinePageRows: Int
    public var alertPageRows: Int

    public init(
        savePoint: String? = nil, pendingSavePoint: String? = nil, machinesKnown: Int = 0,
        alertsThrough: Timestamp? = nil, openAlertsDue: Bool = false, vulnerabilitiesThrough: Timestamp? = nil,
        invalidReason: String? = nil, machinePageRows: Int = 0, alertPageRows: Int = 0
    ) {
        self.savePoint = savePoint
        self.pendingSavePoint = pendingSavePoint
        self.machinesKnown = machinesKnown
        self.alertsThrough = alertsThrough
        self.openAlertsDue = openAlertsDue
        self.vulnerabilitiesThrough = vulnerabilitiesThrough
        self.invalidReason = invalidReason
        self.machinePageRows = machinePageRows
        self.alertPageRows = alertPageRows
    }
}

/// What a successful run leaves behind.
public struct RunCompletion: Sendable, Equatable {
    public var savePoint: String
    public var alertsThrough: Timestamp?
    public var openAlertsDue: Bool
    public var vulnerabilitiesThrough: Timestamp?

    public init(
        savePoint: String, alertsThrough: Timestamp?, openAlertsDue: Bool, vulnerabilitiesThrough: Timestamp?
    ) {
        self.savePoint = savePoint
        self.alertsThrough = alertsThrough
        self.openAlertsDue = openAlertsDue
        self.vulnerabilitiesThrough = vulnerabilitiesThrough
    }
}

/// How much of the known estate a run would remove.
public struct DeletionCensus: Sendable, Equatable {
    public var known: Int
    public var leaving: Int
    /// The first few by id, for the message.
    public var examples: [MachineID]

    public init(known: Int, leaving: Int, examples: [MachineID]) {
        self.known = known
        self.leaving = leaving
        self.examples = examples
    }
}

/// Machines of the work list that are read and sent together; its number is its place on that list.
public struct WorkBatch: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var machine: Machine
        /// Whether the ledger holds its findings, as read from Defender and confirmed by CAR.
        public var hasFindings: Bool

        public init(machine: Machine, hasFindings: Bool) {
            self.machine = machine
            self.hasFindings = hasFindings
        }
    }

    public var number: Int
    public var entries: [Entry]
    /// How often the batch was started, this time included.
    public var starts: Int

    public init(number: Int, entries: [Entry], starts: Int) {
        self.number = number
        self.entries = entries
        self.starts = starts
    }
}

/// What a batch has to send, by keys, and under which token the ledger keeps it as not yet confirmed.
public struct BatchPlan: Sendable {
    public var token: Int64
    public var vertices: [Vertex] = []
    public var edges: [Edge] = []
    /// Vertices that another batch is sending: the edges wait for them.
    public var awaited: Set<VertexID> = []
    /// How many of `vertices` and `edges` CAR did not have from us before, by collection; the rest are updates.
    public var created = ObjectCounts()

    public init(token: Int64) {
        self.token = token
    }
}

/// What a page of alerts asks of CAR.
public struct AlertPlan: Sendable {
    /// Alerts to import with their edges.
    public var imported: [Alert] = []
    /// How many of their vertices and edges CAR did not have from us, by collection.
    public var created = ObjectCounts()
    /// Known open alerts whose edge is told its new `last_modified`.
    public var touched: [Alert] = []
    public var skipped: [SkippedRecord] = []
    /// Alerts for which there is nothing to do.
    public var unchanged: Int = 0

    public init() {}
}

/// An edge that nothing implies any more, with its row in the ledger, which goes once CAR has confirmed.
public struct GoneEdge: Sendable, Equatable {
    public var rowID: Int64
    public var edge: Edge

    public init(rowID: Int64, edge: Edge) {
        self.rowID = rowID
        self.edge = edge
    }
}
