extension HTTPClient {
    /// Attempts until one succeeds or `policy` ends it; returns the last answer, throws the last error.
    ///
    /// - Each attempt waits for `budget` first; a 429 with Retry-After closes the budget for that long.
    /// - An attempt gets what is left of the policy's deadline, at most the request's own.
    /// - Attempts in an outage count only when the policy's patience is at its end.
    /// - Parameter isRetriable: decides instead of `AttemptOutcome.isRetriable`, which says no to every 4xx but 408
    ///   and 429. A cancelled request is never tried again.
    /// - Throws: `OutboundError`.
    public func send(
        _ request: OutboundRequest, retrying policy: RetryPolicy, budget: RateBudget? = nil,
        isRetriable: (@Sendable (AttemptOutcome) -> Bool)? = nil
    ) async throws -> OutboundResponse {
        let clock = configuration.clock
        var outage = Outage()
        var elapsed = 0.0
        /// All of them, and those that count.
        var (attempt, counted) = (1, 1)
        while true {
            if let budget {
                let asked = clock.now()
                try await budget.begin()
                configuration.waited?(request.label, clock.now() - asked)
            }
            let started = clock.now()
            var bounded = request
            bounded.deadlineSeconds = min(request.deadlineSeconds, policy.deadlineSeconds - elapsed)
            let outcome = await outcome(of: bounded, attempt: attempt)
            budget?.end()
            let ended = clock.now()

            var retryAfter: Double?
            if case .answer(let response) = outcome {
                retryAfter = RetryAfter.seconds(response.header("Retry-After"), wallNow: clock.wall())
                if response.status == 429, let retryAfter { budget?.close(forSeconds: retryAfter) }
            }
            if case .failure(.cancelled) = outcome { throw OutboundError.cancelled }
            let mayRepeat = isRetriable?(outcome) ?? outcome.isRetriable
            let pause: Double
            // A time that was cut short by what is left of the deadline says nothing of the server.
            let isCutShort =
                outcome.isTimeout && bounded.deadlineSeconds < request.deadlineSeconds
                && ended - started >= bounded.deadlineSeconds
            if mayRepeat, !isCutShort,
                let wait = outage.uncountedPause(
                    after: outcome, began: started, now: ended, retryAfterSeconds: retryAfter, policy: policy)
            {
                pause = wait
            } else {
                elapsed += ended - started
                let decision = policy.decision(
                    attempt: counted, elapsedSeconds: elapsed, outcome: outcome, retryAfterSeconds: retryAfter,
                    isRetriable: mayRepeat)
                guard case .retry(let wait) = decision else { return try outcome.get() }
                pause = wait
                elapsed += wait
                counted += 1
            }
            do {
                try await clock.sleep(pause)
            } catch {
                throw OutboundError.cancelled
            }
            attempt += 1
        }
    }

    private func outcome(of request: OutboundRequest, attempt: Int) async -> AttemptOutcome {
        do {
            return .answer(try await send(request, attempt: attempt))
        } catch let error as OutboundError {
            return .failure(error)
        } catch {
            return .failure(.other("unexpected failure"))
        }
    }
}
