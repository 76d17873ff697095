import Threading

/// Hands transfers to workers in the order they came. A worker that ends one takes the next on the same thread.
final class WorkerPool: Sendable {
    private struct State {
        /// The last one used is the next one used: its connection is the warmest.
        var idle: [CurlWorker] = []
        var created = 0
        var waiting = FIFO<Transfer>()
        var running: [ObjectIdentifier: Transfer] = [:]
        var closed = false
    }

    private enum Placement {
        case idle(CurlWorker)
        case new
        case waits
        case refused(OutboundError)
    }

    private let configuration: HTTPClientConfiguration
    private let state = Locked(State())

    init(_ configuration: HTTPClientConfiguration) {
        self.configuration = configuration
    }

    func submit(_ transfer: Transfer) {
        let placement: Placement = state.withLock { state in
            if state.closed { return .refused(.other("the HTTP client is shut down")) }
            if let worker = state.idle.popLast() { return .idle(worker) }
            if state.created < max(1, configuration.workers) {
                state.created += 1
                return .new
            }
            guard state.waiting.count < configuration.waitingMax else {
                return .refused(.other("\(configuration.waitingMax) requests are waiting already"))
            }
            // Cancelled meanwhile: `cancel` found nothing to remove, so it must not be added now.
            if transfer.isQueued { state.waiting.append(transfer) }
            return .waits
        }
        switch placement {
        case .idle(let worker):
            start(transfer, on: worker)
        case .new:
            if let worker = CurlWorker(configuration) {
                start(transfer, on: worker)
            } else {
                state.withLock { $0.created -= 1 }
                transfer.finish(.failure(.other("libcurl gave no handle")))
            }
        case .waits:
            break
        case .refused(let error):
            transfer.finish(.failure(error))
        }
    }

    func cancel(_ transfer: Transfer) {
        transfer.cancel()
        state.withLock { _ = $0.waiting.removeFirst { $0 === transfer } }
    }

    /// Ends every transfer as cancelled and refuses new ones.
    func shutdown() {
        let (waiting, running, idle) = state.withLock { state in
            state.closed = true
            defer {
                state.idle = []
                state.waiting = FIFO()
            }
            return (state.waiting, state.running.values.map { $0 }, state.idle)
        }
        // Released after the lock: closing a worker's connections takes a moment.
        withExtendedLifetime(idle) {}
        for transfer in waiting.elements + running {
            transfer.cancel()
        }
    }

    private func start(_ transfer: Transfer, on worker: CurlWorker) {
        worker.queue.async {
            var current: Transfer? = transfer
            while let transfer = current {
                let result = self.run(transfer, on: worker)
                // The worker is free before its caller goes on: the caller's next request finds it, and its connection.
                current = self.next(for: worker)
                if let result { transfer.finish(result) }
            }
        }
    }

    /// `nil` if the transfer was cancelled while it waited; its caller knows.
    private func run(_ transfer: Transfer, on worker: CurlWorker) -> Result<OutboundResponse, OutboundError>? {
        guard transfer.start(on: worker) else { return nil }
        let closed = state.withLock { state in
            state.running[ObjectIdentifier(worker)] = transfer
            return state.closed
        }
        if closed { transfer.cancel() }
        let (result, measurement) = worker.perform(transfer)
        configuration.measured?(measurement)
        return result
    }

    private func next(for worker: CurlWorker) -> Transfer? {
        state.withLock { state in
            state.running[ObjectIdentifier(worker)] = nil
            if let transfer = state.waiting.popFirst() { return transfer }
            if !state.closed { state.idle.append(worker) }
            return nil
        }
    }
}
