/// A job's id: 26 characters (a ULID), so ids sort by creation time.
public struct JobID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let text: String

    /// - Returns: `nil` unless `text` is 26 characters of Crockford's base 32.
    public init?(_ text: String) {
        guard text.utf8.count == 26, text.utf8.allSatisfy({ Self.alphabet.contains($0) }) else { return nil }
        self.text = text
    }

    /// A new id: 48 bits of time, 80 random bits.
    public init(at time: Timestamp, using generator: inout some RandomNumberGenerator) {
        var digits: [UInt8] = []
        for shift in stride(from: 45, through: 0, by: -5) {
            digits.append(Self.alphabet[Int(time.milliseconds >> Int64(shift) & 31)])
        }
        for _ in 0..<16 { digits.append(Self.alphabet[Int.random(in: 0..<32, using: &generator)]) }
        text = String(decoding: digits, as: UTF8.self)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = JobID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a job id")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

public enum JobKind: String, Sendable, Codable, CaseIterable {
    case initial, incremental
}

public enum JobTrigger: String, Sendable, Codable, CaseIterable {
    case api, schedule, command
}

public enum JobState: String, Sendable, Codable, CaseIterable {
    case queued, running, cancelling, succeeded, failed, cancelled

    public var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// What a request chose for its run; `nil` means the connection's setting.
public struct JobOptions: Sendable, Equatable, Codable {
    public var alerts: Bool?
    public var vulnerabilities: Bool?

    public init(alerts: Bool? = nil, vulnerabilities: Bool? = nil) {
        self.alerts = alerts
        self.vulnerabilities = vulnerabilities
    }
}

/// How far a running job is.
public struct JobProgress: Sendable, Equatable, Codable {
    /// The parts of a run, in their order. `details` are those of machines: users, addresses and vulnerabilities.
    public enum Phase: String, Sendable, Codable {
        case machines, details, alerts, deletions, finishing
    }

    public struct Count: Sendable, Equatable, Codable {
        public var done: Int
        public var total: Int

        public init(done: Int = 0, total: Int = 0) {
            self.done = done
            self.total = total
        }
    }

    /// Requests sent, retries included.
    public struct Requests: Sendable, Equatable, Codable {
        public var defender: Int
        public var car: Int

        public init(defender: Int = 0, car: Int = 0) {
            self.defender = defender
            self.car = car
        }
    }

    public var phase: Phase
    public var machines: Count
    public var requests: Requests
    public var etaSeconds: Int?
    /// What the run needs from Defender, told before its calls for details begin.
    public var forecast: Forecast?
    /// Until when calls wait for the limits at least; `nil` while none waits.
    public var waitingUntil: Timestamp?

    /// The calls of a run, and how long they take at the limits at least.
    public struct Forecast: Sendable, Equatable, Codable {
        public var calls: DefenderCalls
        public var seconds: Int

        public init(calls: DefenderCalls, seconds: Int) {
            self.calls = calls
            self.seconds = seconds
        }
    }

    public init(
        phase: Phase = .machines, machines: Count = Count(), requests: Requests = Requests(), etaSeconds: Int? = nil,
        forecast: Forecast? = nil, waitingUntil: Timestamp? = nil
    ) {
        self.forecast = forecast
        self.waitingUntil = waitingUntil
        self.phase = phase
        self.machines = machines
        self.requests = requests
        self.etaSeconds = etaSeconds
    }
}

/// The save points between which a run moves, in CAR's words model state ids: milliseconds since 1970 as text.
public struct SavePointRange: Sendable, Equatable, Codable {
    public var from: String?
    public var to: String?

    public init(from: String? = nil, to: String? = nil) {
        self.from = from
        self.to = to
    }
}

/// One requested import, from its request to its end.
public struct Job: Sendable, Equatable {
    public var id: JobID
    public var kind: JobKind
    public var connection: String
    public var state: JobState
    public var trigger: JobTrigger
    public var options: JobOptions
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    /// 1 for the first start; one more each time it goes back to the queue.
    public var attempt: Int
    /// What the run became; `nil` until it has started.
    public var effectiveKind: JobKind?
    public var fallbackReason: String?
    public var savePoint: SavePointRange
    public var progress: JobProgress
    public var failure: JobFailure?
    /// Grows with every visible change of the job; the source of its `ETag`.
    public var version: Int64

    public init(
        id: JobID, kind: JobKind, connection: String, state: JobState = .queued, trigger: JobTrigger,
        options: JobOptions = JobOptions(), createdAt: Timestamp, startedAt: Timestamp? = nil,
        endedAt: Timestamp? = nil, attempt: Int = 1, effectiveKind: JobKind? = nil, fallbackReason: String? = nil,
        savePoint: SavePointRange = SavePointRange(), progress: JobProgress = JobProgress(),
        failure: JobFailure? = nil, version: Int64 = 1
    ) {
        self.id = id
        self.kind = kind
        self.connection = connection
        self.state = state
        self.trigger = trigger
        self.options = options
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.attempt = attempt
        self.effectiveKind = effectiveKind
        self.fallbackReason = fallbackReason
        self.savePoint = savePoint
        self.progress = progress
        self.failure = failure
        self.version = version
    }
}
