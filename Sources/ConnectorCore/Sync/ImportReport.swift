/// The reconciliation of one run: what was read, what became of it, and what CAR confirmed. Parts add up with `+=`.
public struct ImportReport: Sendable, Equatable, Codable {
    public struct Read: Sendable, Equatable, Codable {
        public var read = 0
        public var mapped = 0
        /// By reason.
        public var skipped: [String: Int] = [:]

        public init() {}

        public var isBalanced: Bool { read == mapped + skipped.values.reduce(0, +) }
    }

    public struct Written: Sendable, Equatable, Codable {
        public var sent = 0
        public var confirmed = 0
        /// Of those sent, how many CAR did not have from us, and how many it had with other fields.
        public var created = 0
        public var updated = 0
        /// Edges set to `active: false`.
        public var disabled = 0
        public var deleted = 0

        public init() {}

        public var isBalanced: Bool { sent == confirmed }
        public var isEmpty: Bool { self == Written() }
    }

    /// How many skipped records are named, at most.
    public static let skippedNamedMax = 1000

    /// By record kind (`machines`, `logonUsers`, ...).
    public var records: [String: Read] = [:]
    /// By vertex or edge collection (`asset`, `asset_hostname`, ...).
    public var objects: [String: Written] = [:]
    /// The first skipped records by name; the counts are in `records`.
    public var skipped: [SkippedRecord] = []

    public init() {}

    public var isBalanced: Bool {
        records.values.allSatisfy(\.isBalanced) && objects.values.allSatisfy(\.isBalanced)
    }

    public mutating func add(_ kind: RecordKind, read: Int, mapped: Int) {
        records[kind.rawValue, default: Read()].read += read
        records[kind.rawValue, default: Read()].mapped += mapped
    }

    /// Counts records as skipped (not as read) and names them.
    public mutating func addSkipped(_ more: [SkippedRecord]) {
        for record in more {
            records[record.kind.rawValue, default: Read()].skipped[record.reason, default: 0] += 1
        }
        skipped.append(contentsOf: more.prefix(max(0, Self.skippedNamedMax - skipped.count)))
    }

    public static func += (total: inout ImportReport, part: ImportReport) {
        for (kind, counts) in part.records {
            var sum = total.records[kind] ?? Read()
            sum.read += counts.read
            sum.mapped += counts.mapped
            sum.skipped.merge(counts.skipped, uniquingKeysWith: +)
            total.records[kind] = sum
        }
        for (collection, counts) in part.objects {
            var sum = total.objects[collection] ?? Written()
            sum.sent += counts.sent
            sum.confirmed += counts.confirmed
            sum.created += counts.created
            sum.updated += counts.updated
            sum.disabled += counts.disabled
            sum.deleted += counts.deleted
            total.objects[collection] = sum
        }
        total.skipped.append(contentsOf: part.skipped.prefix(max(0, skippedNamedMax - total.skipped.count)))
    }
}
