/// When the calls of the last hour were made, and when the next may follow. A value: time is given, nothing waits.
///
/// A sliding log: a new call is free once fewer calls than the limit lie in the window before it, so no window of that
/// length ever holds more, wherever it begins. Memory is bounded by the larger limit.
struct CallLog: Sendable {
    struct Window: Sendable {
        /// 0 for no limit.
        var limit: Int
        var seconds: Double
    }

    let minute: Window
    let hour: Window
    /// Calls under way: the server may count one at any moment until its answer is here, so they fill every window.
    private(set) var inFlight = 0
    private(set) var closedUntil = -Double.infinity
    /// Ascending; those before `head` have left every window.
    private var stamps: [Double] = []
    private var head = 0

    /// - Parameter marginSeconds: added to both windows, for clocks that do not run alike.
    init(perMinute: Int, perHour: Int, marginSeconds: Double) {
        minute = Window(limit: max(0, perMinute), seconds: 60 + marginSeconds)
        hour = Window(limit: max(0, perHour), seconds: 3600 + marginSeconds)
    }

    var recorded: ArraySlice<Double> { stamps[head...] }

    /// The moment from which a call may go out: not after `now` if it may at once. With calls under way it may turn out
    /// later when asked again at that moment, never earlier.
    mutating func earliest(now: Double) -> Double {
        forget(now: now)
        return max(closedUntil, earliest(in: minute, now: now), earliest(in: hour, now: now))
    }

    mutating func begin() {
        inFlight += 1
    }

    /// The answer of one call under way is here.
    mutating func end(now: Double) {
        inFlight -= 1
        record(now)
    }

    mutating func close(until moment: Double) {
        closedUntil = max(closedUntil, moment)
    }

    /// Calls that may go out at `now` as far as `window` is concerned; `nil` without a limit.
    func remaining(in window: Window, now: Double) -> Int? {
        guard window.limit > 0 else { return nil }
        let recent = recorded.reversed().prefix(window.limit).prefix { $0 + window.seconds > now }.count
        return max(0, window.limit - inFlight - recent)
    }

    /// Takes over calls from before a restart; only the latest that a limit can need are kept.
    mutating func restore(_ moments: [Double], closedUntil moment: Double?) {
        for moment in moments.sorted().suffix(capacity) { record(moment) }
        if let moment { close(until: moment) }
    }

    /// When the last of `calls` calls may go out if they go as early as they may and nothing else does.
    func lastOf(calls: Int, now: Double) -> Double {
        var future = self
        var moment = now
        while future.inFlight > 0 { future.end(now: now) }
        for _ in 0..<calls {
            moment = max(moment, future.earliest(now: moment))
            future.record(moment)
        }
        return moment
    }

    private var capacity: Int { hour.limit > 0 ? hour.limit : minute.limit }

    private mutating func record(_ moment: Double) {
        guard capacity > 0 else { return }
        stamps.append(moment)
    }

    private func earliest(in window: Window, now: Double) -> Double {
        guard window.limit > 0 else { return -.infinity }
        let free = window.limit - inFlight
        // The first of those under way ends now at the earliest.
        guard free > 0 else { return now + window.seconds }
        guard recorded.count >= free else { return -.infinity }
        return stamps[stamps.count - free] + window.seconds
    }

    private mutating func forget(now: Double) {
        let longest = hour.limit > 0 ? hour.seconds : minute.seconds
        while head < stamps.count, stamps[head] + longest <= now { head += 1 }
        if head > 64, head * 2 > stamps.count {
            stamps.removeFirst(head)
            head = 0
        }
    }
}
