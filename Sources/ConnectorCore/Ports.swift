/// What a run reads from Defender. Each call returns complete data or throws a `ClassifiedFailure`; cancelling the
/// calling task ends it promptly.
public protocol DefenderReading: VulnerabilityReading {
    /// The records from `skip` on, at most `top` of them, in no promised order. A list that Defender answers with 404
    /// is empty.
    ///
    /// - Parameter addresses: whether machines carry the adapters that the list names.
    func machines(
        _ selection: MachineSelection, addresses: AddressSource, skip: Int, top: Int
    ) async throws -> RecordPage<Machine>
    /// - Returns: `nil` where Defender, asked twice, does not know the machine.
    func logonUsers(of id: MachineID) async throws -> Records<LogonUser>?
    /// The users of up to 150 machines by their logon events; split like the adapters.
    func logons(of ids: [MachineID]) async throws -> LogonsAnswer
    /// The adapter rows of up to 150 machines, each machine's newest first. An answer that was cut is split and asked
    /// again until every part is complete.
    func networkAdapters(of ids: [MachineID]) async throws -> Records<NetworkAdapter>
    /// The software and CVEs of up to 150 machines; split like the adapters.
    ///
    /// - Parameter texts: whether every row carries its CVE's description, most of its bytes.
    func findings(of ids: [MachineID], texts: Bool) async throws -> FindingsAnswer
    /// The descriptions of CVEs, by CVE id.
    ///
    /// - Returns: `nil` where Defender does not take such a query.
    func descriptions(of cves: [String]) async throws -> [String: String]?
    func alerts(_ selection: AlertSelection, skip: Int, top: Int) async throws -> RecordPage<Alert>
    /// Requests sent so far, retries included.
    var requestCount: Int { get }
    /// How long the calls still to be made will take at the configured limits.
    func forecast(_ calls: DefenderCalls) -> WaitForecast
}

/// What a run reads of vulnerabilities where they come from the export and not from hunting. As above.
public protocol VulnerabilityReading: Sendable {
    /// A page of what Defender knows of all machines: at most `pageSize` rows.
    ///
    /// - Parameter continuation: of the page before; `nil` for the first.
    /// - Returns: `nil` where Defender does not take the continuation, or not any more.
    func vulnerabilities(after continuation: String?, pageSize: Int) async throws -> VulnerabilityPage?
    /// A page of what has changed since the moment, which Defender rounds down to its window of six hours. The moment may
    /// be 14 days ago at most.
    func vulnerabilityChanges(
        since: Timestamp, after continuation: String?, pageSize: Int
    ) async throws -> VulnerabilityChangePage?
    /// Entries of the list of CVEs, from `skip` on, at most `top` of them, in no promised order.
    func cves(_ selection: CVESelection, skip: Int, top: Int) async throws -> RecordPage<CVE>
}

/// Calls per API family.
public struct DefenderCalls: Sendable, Equatable {
    public var machines: Int
    public var logonUsers: Int
    public var hunting: Int
    public var alerts: Int
    /// Pages of the vulnerability export and of its changes.
    public var vulnerabilityExport: Int
    /// Pages of the list of CVEs.
    public var vulnerabilities: Int

    public init(
        machines: Int = 0, logonUsers: Int = 0, hunting: Int = 0, alerts: Int = 0, vulnerabilityExport: Int = 0,
        vulnerabilities: Int = 0
    ) {
        self.machines = machines
        self.logonUsers = logonUsers
        self.hunting = hunting
        self.alerts = alerts
        self.vulnerabilityExport = vulnerabilityExport
        self.vulnerabilities = vulnerabilities
    }
}

extension DefenderCalls: Codable {
    /// As the API shows them.
    private enum CodingKeys: String, CodingKey {
        case machines, logonUsers = "logonusers", hunting, alerts
        case vulnerabilityExport = "vulnerabilityexport", vulnerabilities
        /// As databases of the fifth schema hold it.
        case earlierLogonUsers = "logonUsers"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let users =
            try values.decodeIfPresent(Int.self, forKey: .logonUsers)
            ?? values.decode(Int.self, forKey: .earlierLogonUsers)
        self.init(
            machines: try values.decode(Int.self, forKey: .machines), logonUsers: users,
            hunting: try values.decode(Int.self, forKey: .hunting),
            alerts: try values.decode(Int.self, forKey: .alerts),
            vulnerabilityExport: try values.decodeIfPresent(Int.self, forKey: .vulnerabilityExport) ?? 0,
            vulnerabilities: try values.decodeIfPresent(Int.self, forKey: .vulnerabilities) ?? 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(machines, forKey: .machines)
        try values.encode(logonUsers, forKey: .logonUsers)
        try values.encode(hunting, forKey: .hunting)
        try values.encode(alerts, forKey: .alerts)
        try values.encode(vulnerabilityExport, forKey: .vulnerabilityExport)
        try values.encode(vulnerabilities, forKey: .vulnerabilities)
    }
}

/// How long calls to Defender take at its limits; how long an answer takes does not count.
public struct WaitForecast: Sendable, Equatable {
    /// At least this long, by the budgets alone.
    public var seconds: Double
    /// How long the calls that wait for a budget now wait at least; 0 where none does.
    public var waitSeconds: Double

    public init(seconds: Double, waitSeconds: Double = 0) {
        self.seconds = seconds
        self.waitSeconds = waitSeconds
    }
}

/// What a run writes to CAR. Each call throws a `ClassifiedFailure` when CAR does not confirm it.
public protocol CARWriting: Sendable {
    /// Brings the database into a usable state.
    ///
    /// - Parameter willChange: called before CAR is asked for the first change, of which CAR tells nothing afterwards.
    /// - Returns: whether it was created or changed just now, which makes an incremental run impossible.
    func prepareDatabase(willChange: @Sendable () async throws -> Void) async throws -> Bool
    /// The save point of the last completed run; `nil` where there is none.
    func modelStateID() async throws -> String?
    func saveModelStateID(_ id: String) async throws
    /// Asks for the full import session and returns the CAR job to wait for.
    func requestFullImportStart() async throws -> String
    /// Asks for the end of the session: CAR then retires what the source did not report in it. Only after success.
    func requestFullImportEnd() async throws -> String
    /// Returns when CAR reports the job as complete.
    func waitForJob(_ id: String) async throws
    /// Sends everything and returns when CAR has confirmed every import by id. Sending twice is harmless. Vertices and
    /// edges must not be mixed: CAR applies imports in no promised order.
    ///
    /// - Returns: how many objects CAR confirmed.
    @discardableResult
    func importObjects(_ objects: GraphObjects, report: RunIdentity) async throws -> Int
    /// Sets `active: false` on an edge.
    ///
    /// - Returns: `false` where CAR has no such edge, which is as good.
    @discardableResult
    func disable(_ edge: Edge) async throws -> Bool
    /// Sets an edge's `last_modified`.
    ///
    /// - Returns: `false` where CAR has no such edge.
    @discardableResult
    func touch(_ edge: Edge, lastModified: Timestamp) async throws -> Bool
    /// Deletes vertices with their edges; those that CAR does not have are passed over.
    func delete(_ collection: VertexCollection, keys: [String]) async throws
    /// Requests sent so far, retries included.
    var requestCount: Int { get }
}

/// Vertices or edges to import.
public struct GraphObjects: Sendable, Equatable {
    public var vertices: [Vertex]
    public var edges: [Edge]

    public init(vertices: [Vertex] = [], edges: [Edge] = []) {
        self.vertices = vertices
        self.edges = edges
    }

    public var count: Int { vertices.count + edges.count }
}

/// What CAR's `report` says of a run: fixed at its first start, the same after every restart.
public struct RunIdentity: Sendable, Equatable, Codable {
    /// The time at which the run first started; also its save point and its report's key.
    public var startedAt: Timestamp

    public init(startedAt: Timestamp) {
        self.startedAt = startedAt
    }

    public var key: String { String(startedAt.milliseconds) }
}
