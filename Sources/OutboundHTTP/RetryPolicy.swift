/// How an attempt ended.
public enum AttemptOutcome: Sendable {
    case answer(OutboundResponse)
    case failure(OutboundError)

    /// Whether another attempt may do better: 408, 429, 5xx, no connection, no time, a truncated answer.
    public var isRetriable: Bool {
        switch self {
        case .answer(let response): response.status == 408 || response.status == 429 || response.status >= 500
        case .failure(let error): error.isOutage
        }
    }

    /// Whether the server is not there or can't answer anybody, 5xx included. Not 429, which is an answer to this caller.
    var isOutage: Bool {
        switch self {
        case .answer(let response): response.status >= 500
        case .failure(let error): error.isOutage
        }
    }

    var isTimeout: Bool {
        if case .failure(.timedOut) = self { true } else { false }
    }

    func get() throws(OutboundError) -> OutboundResponse {
        switch self {
        case .answer(let response): return response
        case .failure(let error): throw error
        }
    }
}

/// When to try again. Pure: time, outcome and randomness are given.
public struct RetryPolicy: Sendable {
    public enum Decision: Sendable, Equatable {
        case retry(after: Double)
        case fail
    }

    /// The first attempt included.
    public var attemptsMax: Int
    public var baseSeconds: Double
    public var capSeconds: Double
    /// For all attempts and the pauses between them together, without waits for a `RateBudget` and what `Outage` leaves out.
    public var deadlineSeconds: Double
    /// For so long an outage counts for nothing (`Outage`). Asked after every attempt.
    public var patienceSeconds: @Sendable () -> Double
    /// A number in 0...1.
    public var random: @Sendable () -> Double

    public init(
        attemptsMax: Int = 6, baseSeconds: Double = 0.5, capSeconds: Double = 30, deadlineSeconds: Double = 600,
        patienceSeconds: @escaping @Sendable () -> Double = { 0 },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.attemptsMax = attemptsMax
        self.baseSeconds = baseSeconds
        self.capSeconds = capSeconds
        self.deadlineSeconds = deadlineSeconds
        self.patienceSeconds = patienceSeconds
        self.random = random
    }

    /// What follows when attempt number `attempt` of those that count (1 for the first) ended with `outcome`, after
    /// `elapsedSeconds` that count.
    ///
    /// A pause that would pass the deadline is a failure now.
    ///
    /// - Parameter isRetriable: the caller's view; by default that of the outcome.
    public func decision(
        attempt: Int, elapsedSeconds: Double, outcome: AttemptOutcome, retryAfterSeconds: Double? = nil,
        isRetriable: Bool? = nil
    ) -> Decision {
        guard isRetriable ?? outcome.isRetriable, attempt < attemptsMax else { return .fail }
        let pause = pause(after: attempt, retryAfterSeconds: retryAfterSeconds)
        return elapsedSeconds + pause < deadlineSeconds ? .retry(after: pause) : .fail
    }

    /// `baseSeconds` doubled with every attempt, at most `capSeconds`, of which half is random, so that many callers do not
    /// come back together and yet all outlast a short outage; never shorter than the server's Retry-After.
    func pause(after attempt: Int, retryAfterSeconds: Double?) -> Double {
        var ceiling = baseSeconds
        for _ in 1..<max(attempt, 1) where ceiling < capSeconds { ceiling *= 2 }
        return max((1 + random()) / 2 * min(ceiling, capSeconds), retryAfterSeconds ?? 0)
    }
}
