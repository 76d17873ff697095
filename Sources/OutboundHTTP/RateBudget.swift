import Threading

/// How many calls an API family allows per minute and per hour: no 60 s and no 3600 s ever hold more, wherever a server
/// lets its windows begin. Bursts go out at once as long as the windows allow, then first come, first served.
public final class RateBudget: Sendable {
    private struct State {
        var log: CallLog
        var waiting = 0
    }

    private let state: Locked<State>
    /// First come, first served.
    private let turn = Permits(max: 1)
    private let clock: WaitClock
    private let journal: (any CallJournal)?

    /// - Parameters:
    ///   - perMinute: 0 for no limit; likewise `perHour`.
    ///   - marginSeconds: makes both windows longer, for a server's clock that runs a little differently.
    ///   - journal: is told of every call before it goes out; not asked where there is no limit.
    public init(
        perMinute: Int, perHour: Int, marginSeconds: Double = 0.5, restoring snapshot: Snapshot? = nil,
        journal: (any CallJournal)? = nil, clock: WaitClock = .system
    ) {
        self.clock = clock
        self.journal = perMinute > 0 || perHour > 0 ? journal : nil
        var log = CallLog(perMinute: perMinute, perHour: perHour, marginSeconds: marginSeconds)
        if let snapshot {
            let now = clock.now()
            // What the wall clock puts into the future, because it was set back, counts as of now; so does a closing
            // further away than any can be.
            let offset = now - clock.wall()
            let closed = snapshot.closedUntil.map { min($0 + offset, now + RateBudget.closedSecondsMax) }
            log.restore(
                snapshot.calls.filter(\.isFinite).map { min($0 + offset, now) },
                closedUntil: closed.flatMap { $0.isFinite ? $0 : nil })
        }
        state = Locked(State(log: log))
    }

    /// A closing lasts a day at most, whatever a server says.
    private static let closedSecondsMax = 86_400.0

    /// Waits until a call may go out and counts it as made now.
    ///
    /// For calls whose arrival at the server may take long, `HTTPClient.send(_:retrying:budget:)` is more exact: it
    /// counts a call until its answer is here.
    ///
    /// - Throws: `OutboundError.cancelled`.
    public func acquire() async throws {
        try await begin()
        end()
    }

    /// Waits until a call may go out and makes it; it fills the windows until `call` ends, and as of that moment.
    ///
    /// - Parameter call: gets the seconds that it has waited.
    /// - Throws: `OutboundError.cancelled`, and what `call` throws.
    public func counting<Answer>(_ call: (_ waitedSeconds: Double) async throws -> Answer) async throws -> Answer {
        let asked = clock.now()
        try await begin()
        defer { end() }
        return try await call(clock.now() - asked)
    }

    /// Counts a call as made now if one may go out at once and nobody waits for one.
    ///
    /// - Returns: whether it may go out.
    public func acquireIfFree() -> Bool {
        state.withLock { state in
            let now = clock.now()
            guard state.waiting == 0, state.log.earliest(now: now) <= now else { return false }
            state.log.begin()
            state.log.end(now: now)
            return true
        }
    }

    /// Waits until a call may go out; it fills the windows until `end`, and as of that moment.
    func begin() async throws {
        guard !Task.isCancelled else { throw OutboundError.cancelled }
        try await takeTurn()
        await journal?.willCall(at: clock.wall())
    }

    private func takeTurn() async throws {
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        do {
            try await turn.with {
                // Too short only if the budget is closed meanwhile, or a call is still under way: then it waits again.
                while let pause = beginOrPause() { try await clock.sleep(pause) }
            }
        } catch {
            throw OutboundError.cancelled
        }
    }

    /// Counts a call as begun, or tells how long none may begin.
    private func beginOrPause() -> Double? {
        state.withLock { state in
            let now = clock.now()
            let earliest = state.log.earliest(now: now)
            guard earliest <= now else { return earliest - now }
            state.log.begin()
            return nil
        }
    }

    func end() {
        state.withLock { $0.log.end(now: clock.now()) }
    }

    /// Lets nothing out for that long, beginning now; a closing in force is never shortened.
    public func close(forSeconds seconds: Double) {
        guard seconds > 0 else { return }
        let bounded = min(seconds, RateBudget.closedSecondsMax)
        state.withLock { $0.log.close(until: clock.now() + bounded) }
        journal?.closed(until: clock.wall() + bounded)
    }

    /// What the budget allows now, for progress reports.
    public struct Status: Sendable, Equatable {
        /// Calls left in the minute that ends now; `nil` without a limit.
        public var remainingThisMinute: Int?
        public var remainingThisHour: Int?
        public var waiting: Int
        /// 0 when open.
        public var closedForSeconds: Double
        /// Until the next call may go out, those that wait already not considered; 0 for at once. With calls under way
        /// it may become later.
        public var secondsUntilNextCall: Double
    }

    public var status: Status {
        state.withLock { state in
            let now = clock.now()
            let earliest = state.log.earliest(now: now)
            return Status(
                remainingThisMinute: state.log.remaining(in: state.log.minute, now: now),
                remainingThisHour: state.log.remaining(in: state.log.hour, now: now), waiting: state.waiting,
                closedForSeconds: max(0, state.log.closedUntil - now), secondsUntilNextCall: max(0, earliest - now))
        }
    }

    /// Seconds until `calls` more calls could all have gone out; counts up to 100,000 of them.
    public func secondsUntil(calls: Int) -> Double {
        let now = clock.now()
        let log = state.withLock { $0.log }
        return log.lastOf(calls: min(max(0, calls), 100_000), now: now) - now
    }

    /// The calls still in a window and the closing, as seconds since 1970, to be kept over a restart.
    public struct Snapshot: Sendable, Codable, Equatable {
        public var calls: [Double]
        public var closedUntil: Double?

        public init(calls: [Double], closedUntil: Double? = nil) {
            self.calls = calls
            self.closedUntil = closedUntil
        }
    }

    public var snapshot: Snapshot {
        state.withLock { state in
            let now = clock.now()
            let offset = clock.wall() - now
            _ = state.log.earliest(now: now)
            let underWay = [Double](repeating: now + offset, count: state.log.inFlight)
            return Snapshot(
                calls: state.log.recorded.map { $0 + offset } + underWay,
                closedUntil: state.log.closedUntil > now ? state.log.closedUntil + offset : nil)
        }
    }
}
