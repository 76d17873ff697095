/// A kind of record read from Defender; the rows of the report.
public enum RecordKind: String, Sendable, Codable, CaseIterable {
    case machines, logonUsers, networkAdapters, vulnerabilities, alerts
}

/// A record that can't be used. It is counted by its reason and named in the report; it never ends a run.
public struct SkippedRecord: Sendable, Equatable, Codable {
    public var kind: RecordKind
    /// What names the record upstream, shortened to 100 scalars and with spaces for control characters, line breaks and
    /// marks of direction; `nil` where it has no name.
    public var id: String?
    /// One of few stable words, such as `invalid_id` or `no_machine`.
    public var reason: String

    public init(kind: RecordKind, id: String?, reason: String) {
        self.kind = kind
        // By scalars: one character may be megabytes of what combines with its first.
        self.id = id.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(100).map(Self.shown))) }
        self.reason = reason
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: " "
        default: scalar
        }
    }
}

/// Records of one answer: those that can be used, and those that can't.
public struct Records<Record: Sendable>: Sendable {
    public var records: [Record]
    public var skipped: [SkippedRecord]

    public init(records: [Record], skipped: [SkippedRecord] = []) {
        self.records = records
        self.skipped = skipped
    }

    public var readCount: Int { records.count + skipped.count }
}

/// One page of a list that is walked with `$skip` and `$top`.
public struct RecordPage<Record: Sendable>: Sendable {
    public var content: Records<Record>
    /// Whether the answer carries an `@odata.nextLink`. The link itself is never followed: it may loop or point to
    /// another host. It only tells that more is to come.
    public var hasNextLink: Bool

    public init(content: Records<Record>, hasNextLink: Bool) {
        self.content = content
        self.hasNextLink = hasNextLink
    }
}

/// Which machines to list.
public enum MachineSelection: Sendable, Equatable {
    case all
    case lastSeen(since: Timestamp)
    /// Inactive and last seen at or before the moment.
    case inactive(lastSeenUntil: Timestamp)
}

/// Which alerts to list.
public enum AlertSelection: Sendable, Equatable {
    /// Status New or InProgress.
    case open
    /// Updated at or after the moment, in every status.
    case updated(since: Timestamp)
}
