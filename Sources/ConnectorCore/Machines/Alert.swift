/// An alert as `GET /api/alerts` reports it, reduced to what the graph needs.
public struct Alert: Sendable, Equatable {
    public var id: String
    public var title: String?
    public var description: String?
    /// `High`, `Medium`, `Low`, `Informational`, `UnSpecified`, ...: an open set.
    public var severity: String?
    /// `New`, `InProgress`, `Resolved`, `Unknown`, ...: an open set.
    public var status: String?
    public var machineID: MachineID?
    public var firstEventTime: Timestamp?
    public var alertCreationTime: Timestamp?
    public var lastUpdateTime: Timestamp?

    public init(
        id: String, title: String? = nil, description: String? = nil, severity: String? = nil, status: String? = nil,
        machineID: MachineID? = nil, firstEventTime: Timestamp? = nil, alertCreationTime: Timestamp? = nil,
        lastUpdateTime: Timestamp? = nil
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.severity = severity
        self.status = status
        self.machineID = machineID
        self.firstEventTime = firstEventTime
        self.alertCreationTime = alertCreationTime
        self.lastUpdateTime = lastUpdateTime
    }

    public var isOpen: Bool { status == "New" || status == "InProgress" }
}
