/// A job as the control API shows it.
struct JobAnswer: Decodable, Sendable {
    struct SavePoint: Decodable, Sendable {
        var from: String?
        var to: String?
    }

    struct Progress: Decodable, Sendable {
        struct Count: Decodable, Sendable {
            var done: Int
            var total: Int
        }

        struct Forecast: Decodable, Sendable {
            var calls: [String: Int]
        }

        var forecast: Forecast?
        var phase: String
        var machines: Count
        var waitingUntil: String?
    }

    struct Failure: Decodable, Sendable {
        var `class`: String
        var code: Int
        var message: String
        var retryable: Bool
    }

    var id: String
    var kind: String
    var connection: String
    var state: String
    var trigger: String
    var startedAt: String?
    var endedAt: String?
    var attempt: Int
    var effectiveKind: String?
    var fallbackReason: String?
    var savePoint: SavePoint
    var progress: Progress?
    var failure: Failure?

    var isEnded: Bool { ["succeeded", "failed", "cancelled"].contains(state) }
}

struct JobListAnswer: Decodable, Sendable {
    var jobs: [JobAnswer]
}

/// The reconciliation of a job.
struct ReportAnswer: Decodable, Sendable {
    struct Read: Decodable, Sendable {
        var read: Int
        var mapped: Int
        var skipped: [String: Int]
    }

    struct Written: Decodable, Sendable {
        var sent: Int
        var confirmed: Int
        var created: Int
        var updated: Int
        var disabled: Int
        var deleted: Int
    }

    var `final`: Bool
    var balanced: Bool
    var records: [String: Read]
    var objects: [String: Written]
}

struct ConnectionAnswer: Decodable, Sendable {
    var name: String
    var savePoint: String?
    var machinesKnown: Int?
    var queued: Int
    var nextRuns: [String: String?]
}

/// RFC 9457.
struct ProblemAnswer: Decodable, Sendable {
    var status: Int
    var code: String
    var title: String
    var detail: String?
}

struct CheckAnswer: Decodable, Sendable {
    struct Check: Decodable, Sendable {
        var name: String
        var status: String
        var hint: String?
    }

    var checks: [Check]
}
