import ConnectorCore
import OutboundHTTP
import Threading

/// The token that every call of the Defender API carries: asked for when needed, kept until shortly before it expires.
///
/// Callers that come while a token is being fetched share that fetch. One that is cancelled leaves at once; the fetch
/// ends when the last has left.
public actor AccessTokenSource {
    /// A token as calls use it.
    struct Token: Sendable {
        /// The value of the Authorization header.
        let authorization: Secret
        /// Seconds on the clock.
        let usableUntil: Double
        let serial: Int
    }

    private let endpoint: TokenEndpoint
    private let clock: WaitClock
    private nonisolated let expiry = Locked<Timestamp?>(nil)
    /// Outside the actor, because every call asks for it.
    private nonisolated let current = Locked<Token?>(nil)
    private var serial = 0
    private var fetch: (number: Int, task: Task<Void, Never>)?
    private var fetchCount = 0
    private var waiters: [Int: CheckedContinuation<Token, any Error>] = [:]
    private var waiterCount = 0

    init(endpoint: TokenEndpoint, clock: WaitClock) {
        self.endpoint = endpoint
        self.clock = clock
    }

    /// When the last token that was issued expires; `nil` before the first.
    public nonisolated var tokenExpiry: Timestamp? { expiry.withLock { $0 } }

    /// - Throws: `DefenderError`, `CancellationError`.
    nonisolated func token() async throws -> Token {
        if let usable { return usable }
        return try await renewed()
    }

    private nonisolated var usable: Token? {
        current.withLock { $0 }.flatMap { clock.now() < $0.usableUntil ? $0 : nil }
    }

    private func renewed() async throws -> Token {
        // Fetched while this call came here.
        if let usable { return usable }
        waiterCount += 1
        let waiter = waiterCount
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                waiters[waiter] = continuation
                startFetch()
            }
        } onCancel: {
            Task { await self.leave(waiter) }
        }
    }

    /// The API refused the token: it is not used again. A newer one stays.
    func reject(_ token: Token) {
        current.withLock { current in
            if current?.serial == token.serial { current = nil }
        }
    }

    private func leave(_ waiter: Int) {
        waiters.removeValue(forKey: waiter)?.resume(throwing: CancellationError())
        if waiters.isEmpty, let fetch {
            fetch.task.cancel()
            self.fetch = nil
        }
    }

    private func startFetch() {
        guard fetch == nil else { return }
        fetchCount += 1
        let number = fetchCount
        // Not a child of the caller: it serves all who wait, and the first of them may be cancelled.
        let task = Task { [endpoint] in
            do {
                let answer = try await endpoint.fetch()
                finish(number, .success(answer))
            } catch {
                finish(number, .failure(error))
            }
        }
        fetch = (number, task)
    }

    private func finish(_ number: Int, _ result: Result<TokenAnswer, any Error>) {
        // One that everybody left may end after its successor began.
        guard fetch?.number == number else { return }
        fetch = nil
        let leaving = waiters.values
        waiters = [:]
        let token = result.map { accept($0) }
        for waiter in leaving { waiter.resume(with: token) }
    }

    private func accept(_ answer: TokenAnswer) -> Token {
        let margin = min(300, answer.lifetimeSeconds / 10)
        serial += 1
        let token = Token(
            authorization: Secret("Bearer \(answer.accessToken)"),
            usableUntil: clock.now() + answer.lifetimeSeconds - margin, serial: serial)
        current.withLock { $0 = token }
        let expires = Timestamp(milliseconds: Int64((clock.wall() + answer.lifetimeSeconds) * 1000))
        expiry.withLock { $0 = expires }
        return token
    }
}
