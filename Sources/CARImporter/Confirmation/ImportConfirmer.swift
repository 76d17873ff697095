import ConnectorCore
import OutboundHTTP

/// Waits for CAR to confirm imports. One poll asks for all of them together, however many callers wait.
///
/// - Only a 200 answer with both lists says anything: an id in neither is confirmed, one in `error_imports` failed.
///   Every other answer is asked again until the import's deadline, which is then a failure.
/// - Pauses double from `importPolling.firstSeconds` to its cap and are short again when a new import comes, but never
///   shorter than twice the time that the last poll took.
actor ImportConfirmer {
    private struct Waiter {
        var id: String
        var deadline: Double
        var continuation: CheckedContinuation<Void, any Error>
    }

    private let calls: CARCalls
    private var waiters: [UInt64: Waiter] = [:]
    private var nextTicket: UInt64 = 0
    /// Runs while anybody waits. Not a child of one caller's task, since it serves all of them; it ends with the last.
    private var poller: Task<Void, Never>?
    private var sleeper: Task<Void, Never>?
    private var pause = 0.0
    private var nextPoll = 0.0
    private var lastPollSeconds = 0.0
    /// Why the last poll said nothing.
    private var lastProblem: String?

    init(_ calls: CARCalls) {
        self.calls = calls
    }

    /// Returns when CAR has applied the import.
    ///
    /// - Throws: `CARError` when it failed or its deadline passed, `CancellationError` at once when the task is cancelled.
    func confirmation(of id: String) async throws {
        nextTicket += 1
        let ticket = nextTicket
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(ticket, id: id, continuation)
            }
        } onCancel: {
            Task { await abandon(ticket) }
        }
    }

    private func add(_ ticket: UInt64, id: String, _ continuation: CheckedContinuation<Void, any Error>) {
        // A cancellation that comes later finds the waiter: `abandon` can't run before this actor is free.
        guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
        let now = calls.clock.now()
        waiters[ticket] = Waiter(
            id: id, deadline: now + calls.settings.importDeadlineSeconds, continuation: continuation)
        pause = calls.settings.importPolling.firstSeconds
        if poller == nil {
            lastProblem = nil
            nextPoll = now + pause
            poller = Task { await self.poll() }
        } else {
            nextPoll = min(nextPoll, now + max(pause, 2 * lastPollSeconds))
            sleeper?.cancel()
        }
    }

    private func abandon(_ ticket: UInt64) {
        guard let waiter = waiters.removeValue(forKey: ticket) else { return }
        waiter.continuation.resume(throwing: CancellationError())
        stopIfIdle()
    }

    private func stopIfIdle() {
        guard waiters.isEmpty else { return }
        poller?.cancel()
        poller = nil
    }

    private func poll() async {
        while !Task.isCancelled, !waiters.isEmpty {
            await sleepUntilDue()
            if Task.isCancelled { return }
            let asked = Set(waiters.values.map(\.id)).sorted()
            let started = calls.clock.now()
            nextPoll = .infinity
            for call in IDLists.urls(prefix: "\(calls.settings.baseURL)/importstatus?ids=", ids: asked) {
                await ask(call.url, for: Set(call.ids))
                if Task.isCancelled { return }
            }
            let now = calls.clock.now()
            lastPollSeconds = now - started
            // An import that came meanwhile has set an earlier time already.
            nextPoll = min(nextPoll, now + max(pause, 2 * lastPollSeconds))
            pause = calls.settings.importPolling.after(pause)
            expire()
            stopIfIdle()
        }
    }

    /// Sleeps until the next poll or the first deadline; a new import may move the poll forward meanwhile.
    private func sleepUntilDue() async {
        while !Task.isCancelled, let first = waiters.values.map(\.deadline).min() {
            let seconds = min(nextPoll, first) - calls.clock.now()
            if seconds <= 0 { return }
            let sleep = calls.clock.sleep
            // Cancelled by `add`, whose new time the loop then reads, and with the poller.
            let sleeper = Task { _ = try? await sleep(seconds) }
            self.sleeper = sleeper
            await withTaskCancellationHandler {
                await sleeper.value
            } onCancel: {
                sleeper.cancel()
            }
        }
    }

    private func ask(_ url: String, for ids: Set<String>) async {
        var request = calls.request(.get, url: url, label: "importstatus")
        let left = (waiters.values.map(\.deadline).min() ?? 0) - calls.clock.now()
        request.deadlineSeconds = min(30, calls.settings.attemptSecondsMax, max(0.2, left))
        do {
            let response = try await calls.send(request, operation: "GET importstatus", repetition: .never)
            guard response.status == 200 else {
                try calls.requireSuccess(response, operation: "GET importstatus")
                lastProblem = "CAR answered \(response.status) without a status"
                return
            }
            let status = try calls.decode(ImportStatus.self, from: response, operation: "GET importstatus")
            lastProblem = nil
            settle(ids, by: status)
        } catch {
            // Asked again until the deadline, which then tells the last reason.
            lastProblem = (error as? CARError)?.description
        }
    }

    private func settle(_ ids: Set<String>, by status: ImportStatus) {
        let incomplete = Set(status.incomplete.map(\.id))
        let failed = Dictionary(status.failed.map { ($0.id, $0) }) { first, _ in first }
        for (ticket, waiter) in waiters where ids.contains(waiter.id) {
            if let failure = failed[waiter.id] {
                waiters[ticket] = nil
                let detail = calls.safeText.shortened(failure.message)
                waiter.continuation.resume(
                    throwing: CARError(
                        operation: "POST imports", reason: .importFailed(statusCode: failure.statusCode),
                        detail: "import \(shown(waiter.id))\(detail.isEmpty ? "" : ": ")\(detail)"))
            } else if !incomplete.contains(waiter.id) {
                waiters[ticket] = nil
                waiter.continuation.resume()
            }
        }
    }

    /// Fails what is past its deadline. Imports of one batch are sent within moments of each other, so those whose
    /// deadline is close fail with it, and the error can say how many there are.
    private func expire() {
        let now = calls.clock.now()
        guard waiters.values.contains(where: { $0.deadline <= now }) else { return }
        let slack = min(1, calls.settings.importDeadlineSeconds / 20)
        let expired = waiters.filter { $0.value.deadline <= now + slack }
        let ids = expired.sorted { $0.key < $1.key }.map { shown($0.value.id) }
        let named = ids.prefix(3).joined(separator: ", ") + (ids.count > 3 ? ", and \(ids.count - 3) more" : "")
        let cause = lastProblem.map { "; the last question for their state failed: \($0)" } ?? ""
        let error = CARError(
            operation: "GET importstatus", reason: .unconfirmed(imports: ids.count), detail: named + cause)
        for (ticket, waiter) in expired {
            waiters[ticket] = nil
            waiter.continuation.resume(throwing: error)
        }
    }

    private func shown(_ id: String) -> String { calls.safeText.shortened(id, to: 60) }
}
