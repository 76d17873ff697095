/// An alert of `GET /api/alerts`.
public struct EstateAlert: Sendable, Equatable {
    public var id: String
    public var title: String?
    public var alertDescription: String?
    /// `Unknown`, `New`, `InProgress` or `Resolved`.
    public var status: String
    /// `UnSpecified`, `Informational`, `Low`, `Medium` or `High`.
    public var severity: String?
    public var machineId: String?
    public var computerDnsName: String?
    public var alertCreationTime: EstateTime?
    public var firstEventTime: EstateTime?
    public var lastUpdateTime: EstateTime

    public init(
        id: String, title: String?, description: String?, status: String = "New", severity: String? = "Medium",
        machineId: String?, computerDnsName: String? = nil, alertCreationTime: EstateTime?,
        firstEventTime: EstateTime?, lastUpdateTime: EstateTime
    ) {
        self.id = id
        self.title = title
        self.alertDescription = description
        self.status = status
        self.severity = severity
        self.machineId = machineId
        self.computerDnsName = computerDnsName
        self.alertCreationTime = alertCreationTime
        self.firstEventTime = firstEventTime
        self.lastUpdateTime = lastUpdateTime
    }

    /// New or in progress: what an initial import reads.
    public var isOpen: Bool { status == "New" || status == "InProgress" }
}
