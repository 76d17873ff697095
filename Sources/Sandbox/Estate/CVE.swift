/// An entry of DeviceTvmSoftwareVulnerabilitiesKB.
public struct CVE: Sendable, Equatable {
    /// CvssScore as the wire has it: hunting answers have shown numbers, strings and nothing.
    public enum Score: Sendable, Equatable {
        case number(Double)
        case text(String)
        case null
    }

    public var id: String
    public var score: Score
    public var publishedDate: EstateTime?
    public var description: String?
    public var severity: String

    public init(
        id: String, score: Score, publishedDate: EstateTime?, description: String?, severity: String = "High"
    ) {
        self.id = id
        self.score = score
        self.publishedDate = publishedDate
        self.description = description
        self.severity = severity
    }
}
