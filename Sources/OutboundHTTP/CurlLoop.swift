import CCurl
import Dispatch
import Glibc
import Threading

/// Runs transfers on one thread, several at a time, over connections that are kept: a multi handle of libcurl.
///
/// One thread for all, because most answers are small: handing each to a thread of its own costs more than the transfer.
/// The thread is borrowed while transfers run or wait, and given back when none is left.
final class CurlLoop: @unchecked Sendable {
    // Unchecked because of the C handle: used on `queue` only, but for `curl_multi_wakeup`, which is thread-safe. It is
    // freed in deinit, when nobody can use it.
    private let multi: UnsafeMutableRawPointer?
    private let queue = DispatchQueue(label: "outbound-http")
    private let configuration: HTTPClientConfiguration
    private let state = Locked(State())
    /// By easy handle; on `queue` only.
    private var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]

    private struct State {
        /// Few and large, or what others wait for.
        var urgent = FIFO<Transfer>()
        var waiting = FIFO<Transfer>()
        /// Transfers taken from the lists and not finished yet.
        var running = 0
        var isLooping = false
        /// In `curl_multi_poll`, or about to be.
        var isAsleep = false
        /// There is something new for the loop: it does not fall asleep, or has been woken.
        var isPoked = false
        var closed = false

        var waitingCount: Int { urgent.count + waiting.count }
    }

    private static let prepared: Bool = {
        // OpenSSL writes with plain `write`, and with NOSIGNAL curl leaves SIGPIPE to the program. A handler that was
        // set already (the default is nil) stays.
        if let own = signal(SIGPIPE, SIG_IGN) { signal(SIGPIPE, own) }
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
        multi = CurlLoop.prepared ? curl_multi_init() : nil
    }

    deinit {
        if let multi { curl_multi_cleanup(multi) }
    }

    private var runningMax: Int { max(1, configuration.workers) }

    // MARK: From any thread

    func submit(_ transfer: Transfer) {
        let (refusal, starts, wakes): (OutboundError?, Bool, Bool) = state.withLock { state in
            if state.closed { return (.other("the HTTP client is shut down"), false, false) }
            if state.running >= runningMax, state.waitingCount >= configuration.waitingMax {
                return (.other("\(configuration.waitingMax) requests are waiting already"), false, false)
            }
            // Cancelled meanwhile: `cancel` found nothing to remove, so it must not be added now.
            guard transfer.isQueued else { return (nil, false, false) }
            if transfer.request.isUrgent { state.urgent.append(transfer) } else { state.waiting.append(transfer) }
            guard state.isLooping else {
                state.isLooping = true
                return (nil, true, false)
            }
            // With as many running as may, the loop comes for it when one of them has ended.
            return (nil, false, state.running < runningMax && Self.poke(&state))
        }
        if let refusal { return transfer.finish(.failure(refusal)) }
        if starts { queue.async { self.loop() } }
        if wakes { wakeUp() }
    }

    func cancel(_ transfer: Transfer) {
        transfer.cancel()
        let wakes = state.withLock { state in
            _ = state.urgent.removeFirst { $0 === transfer }
            _ = state.waiting.removeFirst { $0 === transfer }
            // A running one is ended by the loop.
            return Self.poke(&state)
        }
        if wakes { wakeUp() }
    }

    /// Ends every transfer as cancelled and refuses new ones.
    func shutdown() {
        let (waiting, wakes) = state.withLock { state in
            state.closed = true
            defer { (state.urgent, state.waiting) = (FIFO(), FIFO()) }
            return (state.urgent.elements + state.waiting.elements, Self.poke(&state))
        }
        for transfer in waiting { transfer.cancel() }
        if wakes { wakeUp() }
    }

    /// - Returns: whether the loop has to be woken, once for however much is new.
    private static func poke(_ state: inout State) -> Bool {
        defer { state.isPoked = true }
        return state.isAsleep && !state.isPoked
    }

    /// A system call, so only where `poke` says so.
    private func wakeUp() {
        if let multi { curl_multi_wakeup(multi) }
    }

    // MARK: On the queue

    /// Runs until nothing is left to do.
    private func loop() {
        while true {
            startWaiting()
            endCancelled()
            if running.isEmpty {
                if rest() { return }
                continue
            }
            var count: Int32 = 0
            guard curl_multi_perform(multi, &count) == CURLM_OK, takeResults() || wait() else {
                endAll(CURLE_OUT_OF_MEMORY)
                continue
            }
        }
    }

    /// Whether there is nothing to do any more; the next transfer starts the loop again.
    private func rest() -> Bool {
        state.withLock { state in
            state.isLooping = state.waitingCount > 0
            return !state.isLooping
        }
    }

    /// Returns early for a socket, for curl's own timers and for `wakeUp`.
    private func wait() -> Bool {
        let sleeps = state.withLock { state in
            defer { state.isPoked = false }
            state.isAsleep = !state.isPoked
            return state.isAsleep
        }
        guard sleeps else { return true }
        defer {
            state.withLock { state in
                state.isAsleep = false
                state.isPoked = false
            }
        }
        return curl_multi_poll(multi, nil, 0, 1000, nil) == CURLM_OK
    }

    private func startWaiting() {
        while running.count < runningMax, let transfer = take() {
            guard transfer.start() else {
                // Cancelled while it waited: its caller knows.
                state.withLock { $0.running -= 1 }
                continue
            }
            guard let multi, let started = CurlTransfer(transfer, configuration: configuration) else {
                let error = OutboundError.other("libcurl gave no handle")
                finish(transfer, .failure(error), RequestMeasurement(of: transfer, error: error))
                continue
            }
            running[started.easy] = started
            if curl_multi_add_handle(multi, started.easy) != CURLM_OK { end(started, CURLE_OUT_OF_MEMORY) }
        }
    }

    private func take() -> Transfer? {
        state.withLock { state in
            guard let transfer = state.urgent.popFirst() ?? state.waiting.popFirst() else { return nil }
            state.running += 1
            return transfer
        }
    }

    private func endCancelled() {
        let isClosed = state.withLock { $0.closed }
        for started in running.values where isClosed || started.transfer.isCancelled {
            started.transfer.cancel()
            end(started, CURLE_ABORTED_BY_CALLBACK)
        }
    }

    /// - Returns: whether there were any.
    private func takeResults() -> Bool {
        var easy: UnsafeMutableRawPointer?
        var code = CURLE_OK
        var any = false
        while ccurl_multi_take_result(multi, &easy, &code) == 1 {
            any = true
            if let easy, let ended = running[easy] { end(ended, code) }
        }
        return any
    }

    private func endAll(_ code: CURLcode) {
        for started in running.values { end(started, code) }
    }

    private func end(_ started: CurlTransfer, _ code: CURLcode) {
        running[started.easy] = nil
        curl_multi_remove_handle(multi, started.easy)
        let (result, measurement) = started.outcome(code)
        finish(started.transfer, result, measurement)
    }

    private func finish(
        _ transfer: Transfer, _ result: Result<OutboundResponse, OutboundError>, _ measurement: RequestMeasurement
    ) {
        state.withLock { $0.running -= 1 }
        configuration.measured?(measurement)
        transfer.finish(result)
    }
}
