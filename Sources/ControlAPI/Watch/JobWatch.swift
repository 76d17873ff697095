import ConnectorCore
import Dispatch
import MicroHTTP
import Threading

/// Tells waiting requests and event streams of job changes.
///
/// Everything happens on one serial queue, in this order for every listener: register, read the job, then follow the
/// changes. So no change is missed, none is told twice, and the store is read on no thread of its own transactions.
final class JobWatch: Sendable {
    private struct Waiter: Sendable {
        var job: JobID
        var version: Int64
        var deadline: DispatchTime
        var isDeserted: @Sendable () -> Bool
        var answer: @Sendable (Result<Job?, any Error>) -> Void
    }

    private struct State: Sendable {
        var nextID = 0
        var waiters: [Int: Waiter] = [:]
        var streams: [Int: JobEventStream] = [:]
        /// Jobs whose change is on its way to the queue.
        var pending: Set<JobID> = []
        /// The earliest deadline a wake-up is set for.
        var wakeUp: DispatchTime?
        var heartbeatIsSet = false
    }

    private let store: any JobStore
    private let limits: ControlAPILimits
    private let queue = DispatchQueue(label: "control-api.job-watch")
    private let state = Locked(State())

    init(store: any JobStore, limits: ControlAPILimits) {
        self.store = store
        self.limits = limits
    }

    /// Whether another stream may be opened, at the cost of those whose clients have left.
    func makeRoomForStream() -> Bool {
        if hasRoomForStream { return true }
        for (key, stream) in state.withLock({ $0.streams }) where stream.isDeserted {
            // Here and not when its end is told, which comes later.
            _ = state.withLock { $0.streams.removeValue(forKey: key) }
            stream.end()
        }
        return hasRoomForStream
    }

    private var hasRoomForStream: Bool { state.withLock { $0.streams.count < limits.streamsMax } }

    /// Requests that wait now.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// From any thread, within a transaction too.
    func jobChanged(_ id: JobID) {
        let isNew = state.withLock { $0.pending.insert(id).inserted }
        guard isNew else { return }
        queue.async {
            // Taken off before the job is read, so that a change during the read is told once more.
            _ = self.state.withLock { $0.pending.remove(id) }
            self.tell(of: id)
        }
    }

    /// Calls `answer` once: with the job as soon as its version is not `version`, with `nil` at the deadline.
    ///
    /// - Parameter isDeserted: whether nobody waits any more; asked when there is no room for others.
    /// - Returns: `false`, and `answer` is never called, when too many wait already.
    func wait(
        for id: JobID, changedFrom version: Int64, seconds: Int, isDeserted: @escaping @Sendable () -> Bool,
        answer: @escaping @Sendable (Result<Job?, any Error>) -> Void
    ) -> Bool {
        let waiter = Waiter(
            job: id, version: version, deadline: .now() + .seconds(seconds), isDeserted: isDeserted, answer: answer)
        if !add(waiter) {
            for (key, other) in state.withLock({ $0.waiters }) where other.isDeserted() {
                self.answer(key, .success(nil))
            }
            guard add(waiter) else { return false }
        }
        queue.async {
            self.tell(of: id)
            self.setWakeUp()
        }
        return true
    }

    private func add(_ waiter: Waiter) -> Bool {
        state.withLock { state in
            guard state.waiters.count < limits.waitersMax else { return false }
            state.nextID += 1
            state.waiters[state.nextID] = waiter
            return true
        }
    }

    /// Sends the job's events until it ends.
    ///
    /// - Parameter lastSeen: the version the client saw last; what it has seen is not sent again.
    func stream(_ id: JobID, lastSeen: Int64?, into output: any ResponseStream) {
        let stream = JobEventStream(job: id, lastSeen: lastSeen, output: output)
        let key = state.withLock { state -> Int? in
            guard state.streams.count < limits.streamsMax else { return nil }
            state.nextID += 1
            state.streams[state.nextID] = stream
            return state.nextID
        }
        guard let key else { return output.finish() }
        output.onEnd { [weak self] in
            _ = self?.state.withLock { $0.streams.removeValue(forKey: key) }
        }
        queue.async {
            self.tell(of: id)
            self.setHeartbeat()
        }
    }

    private func tell(of id: JobID) {
        let (waiters, streams) = state.withLock { state in
            (state.waiters.filter { $0.value.job == id }, state.streams.values.filter { $0.job == id })
        }
        if waiters.isEmpty && streams.isEmpty { return }
        let job: Job?
        do {
            job = try store.job(id)
        } catch {
            // Streams stay: the next change or heartbeat reads again.
            for key in waiters.keys { answer(key, .failure(error)) }
            return
        }
        for (key, waiter) in waiters where job?.version != waiter.version { answer(key, .success(job)) }
        for stream in streams { stream.send(job) }
    }

    private func answer(_ key: Int, _ result: Result<Job?, any Error>) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: key) }
        waiter?.answer(result)
    }

    /// Sees to it that the queue wakes at the earliest deadline.
    private func setWakeUp() {
        let time = state.withLock { state -> DispatchTime? in
            guard let earliest = state.waiters.values.map(\.deadline).min() else { return nil }
            if let set = state.wakeUp, set <= earliest { return nil }
            state.wakeUp = earliest
            return earliest
        }
        guard let time else { return }
        queue.asyncAfter(deadline: time) { [weak self] in self?.wakeUp(at: time) }
    }

    private func wakeUp(at time: DispatchTime) {
        let now = DispatchTime.now()
        let due = state.withLock { state in
            if state.wakeUp == time { state.wakeUp = nil }
            return state.waiters.filter { $0.value.deadline <= now }
        }
        for key in due.keys { answer(key, .success(nil)) }
        setWakeUp()
    }

    private func setHeartbeat() {
        let isNeeded = state.withLock { state in
            if state.streams.isEmpty || state.heartbeatIsSet { return false }
            state.heartbeatIsSet = true
            return true
        }
        guard isNeeded else { return }
        queue.asyncAfter(deadline: .now() + limits.heartbeatSeconds) { [weak self] in self?.heartbeat() }
    }

    /// A comment on every stream, so that a client that is gone is noticed; and a look at the jobs, in case a change was
    /// made by another process and nobody told of it.
    private func heartbeat() {
        let streams = state.withLock { state in
            state.heartbeatIsSet = false
            return Array(state.streams.values)
        }
        for stream in streams { stream.sendComment() }
        for id in Set(streams.map(\.job)) { tell(of: id) }
        setHeartbeat()
    }
}
