extension HTTPClient {
    /// Attempts until one succeeds or `policy` ends it; returns the last answer, throws the last error.
    ///
    /// - Each attempt waits for `budget` first; a 429 with Retry-After closes the budget for that long.
    /// - An attempt gets what the policy has left, at most the request's own deadline.
    /// - Parameter isRetriable: decides instead of `AttemptOutcome.isRetriable`, which says no to every 4xx but 408
    ///   and 429. A cancelled request is never tried again.
    /// - Throws: `OutboundError`.
    public func send(
        _ request: OutboundRequest, retrying policy: RetryPolicy, budget: RateBudget? = nil,
        isRetriable: (@Sendable (AttemptOutcome) -> Bool)? = nil
    ) async throws -> OutboundResponse {
        let clock = configuration.clock
        var elapsed = 0.0
        var attempt = 1
        while true {
            if let budget {
                let asked = clock.now()
                try await budget.begin()
                configuration.waited?(request.label, clock.now() - asked)
            }
            let started = clock.now()
            var bounded = request
            bounded.deadlineSeconds = min(request.deadlineSeconds, policy.secondsLeft(after: elapsed))
            let outcome = await outcome(of: bounded, attempt: attempt)
            budget?.end()
            elapsed += clock.now() - started

            var retryAfter: Double?
            if case .answer(let response) = outcome {
                retryAfter = RetryAfter.seconds(response.header("Retry-After"), wallNow: clock.wall())
                if response.status == 429, let retryAfter { budget?.close(forSeconds: retryAfter) }
            }
            if case .failure(.cancelled) = outcome { throw OutboundError.cancelled }
            let decision = policy.decision(
                attempt: attempt, elapsedSeconds: elapsed, outcome: outcome, retryAfterSeconds: retryAfter,
                isRetriable: isRetriable?(outcome))
            guard case .retry(let pause) = decision else { return try outcome.get() }
            do {
                try await clock.sleep(pause)
            } catch {
                throw OutboundError.cancelled
            }
            elapsed += pause
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
