import ConnectorCore
import OutboundHTTP
import Threading

/// Makes calls: budget, token, attempts, and what an answer that is not the data means.
struct DefenderTransport: Sendable {
    enum Answer<Value: Sendable>: Sendable {
        case value(Value)
        /// 404, said by Defender itself.
        case notFound
    }

    /// An answer that can't be parsed was probably cut on its way: so many more attempts.
    private static let malformedRetriesMax = 2
    /// A 429 without Retry-After closes its family for a minute, then for twice as long each time.
    private static let throttledSecondsDefault = 60.0
    private static let throttledSecondsMax = 3600.0
    /// A 429 that names its wait is no failed attempt; so often it may be answered to one call.
    private static let throttledMax = 60
    /// Above this an answer is decoded on the worker: it takes milliseconds for every megabyte.
    private static let inlineDecodeBytesMax = 512 << 10

    let settings: DefenderSettings
    let http: HTTPClient
    let tokens: DefenderTokens
    let budgets: DefenderBudgets
    let retry: RetryPolicy
    let clock: WaitClock
    let requests: Locked<Int>
    let decoder = SerialWorker(label: "defender-decoder")

    /// What an attempt came to.
    private enum Verdict<Value: Sendable> {
        case done(Answer<Value>)
        case again(after: Double)
    }

    /// What is remembered between the attempts of one call.
    private struct Attempts {
        var count = 0
        var malformed = 0
        var throttled = 0
        /// Attempts that were answered with 429 and its wait.
        var postponed = 0
        /// Attempts that were made with patience.
        var inOutage = 0
        var outage = Outage()
        var tokenRenewed = false
        var elapsedSeconds = 0.0
        /// When the latest attempt began and ended, without the wait for its budget.
        var began = 0.0
        var ended = 0.0
        /// Of the latest attempt.
        var authorization: Secret?

        /// The number of the latest attempt among those that count.
        var counted: Int { max(count - postponed - inOutage, 1) }
    }

    /// Calls until there is an answer of status 200 that `decode` takes.
    ///
    /// - Throws: `DefenderError`, `CancellationError`.
    func perform<Value: Sendable>(
        _ call: DefenderCall, decode: @escaping @Sendable ([UInt8]) throws -> Value
    ) async throws -> Answer<Value> {
        var attempts = Attempts()
        while true {
            switch try await attempt(call, &attempts, decode) {
            case .done(let answer): return answer
            case .again(let pause):
                if pause > 0 { try await clock.sleep(pause) }
            }
        }
    }

    private func attempt<Value: Sendable>(
        _ call: DefenderCall, _ attempts: inout Attempts, _ decode: @escaping @Sendable ([UInt8]) throws -> Value
    ) async throws -> Verdict<Value> {
        let (outcome, token) = try await send(call, &attempts)
        attempts.count += 1
        attempts.authorization = token.authorization

        guard case .answer(let response) = outcome else {
            return try again(call, &attempts, outcome)
        }
        switch response.status {
        case 200:
            return try await read(response, call, &attempts, decode)
        case 401 where !attempts.tokenRenewed && ErrorBody(response.body)?.isAboutLicence != true:
            attempts.tokenRenewed = true
            await tokens[call.audience].reject(token)
            return .again(after: 0)
        case 403:
            // A permission that is granted now is in the next token only.
            await tokens[call.audience].reject(token)
            return try again(call, &attempts, outcome)
        case 404 where ErrorBody(response.body)?.origin == .defender:
            return .done(.notFound)
        default:
            return try again(call, &attempts, outcome)
        }
    }

    /// Waits for the budget, then sends; the call counts until its answer is here, because the server may count it at any
    /// moment until then.
    private func send(
        _ call: DefenderCall, _ attempts: inout Attempts
    ) async throws -> (AttemptOutcome, AccessTokenSource.Token) {
        var (began, ended) = (0.0, 0.0)
        defer { (attempts.began, attempts.ended) = (began, ended) }
        do {
            return try await budgets[call.family].counting { waited in
                http.measureWait(waited, label: call.family.rawValue)
                // Only now: a wait for the budget may outlast a token.
                let token = try await tokens[call.audience].token()
                began = clock.now()
                defer { ended = clock.now() }
                return (try await outcome(of: request(call, token)), token)
            }
        } catch OutboundError.cancelled {
            throw CancellationError()
        }
    }

    private func request(_ call: DefenderCall, _ token: AccessTokenSource.Token) -> OutboundRequest {
        var request = call.request
        request.authorization = token.authorization
        request.deadlineSeconds = min(request.deadlineSeconds, settings.attemptSecondsMax)
        if let userAgent = settings.userAgent { request.headers.append(("User-Agent", userAgent)) }
        return request
    }

    private func outcome(of request: OutboundRequest) async throws -> AttemptOutcome {
        requests.withLock { $0 += 1 }
        do {
            return .answer(try await http.send(request))
        } catch let error as OutboundError {
            if Task.isCancelled { throw CancellationError() }
            return .failure(error)
        }
    }

    private func read<Value: Sendable>(
        _ response: OutboundResponse, _ call: DefenderCall, _ attempts: inout Attempts,
        _ decode: @escaping @Sendable ([UInt8]) throws -> Value
    ) async throws -> Verdict<Value> {
        do {
            guard response.body.count > DefenderTransport.inlineDecodeBytesMax else {
                return .done(.value(try decode(response.body)))
            }
            return .done(.value(try await decoder.run { try decode(response.body) }))
        } catch JSONFailure.malformed where attempts.malformed < DefenderTransport.malformedRetriesMax {
            attempts.malformed += 1
            return try again(call, &attempts, .answer(response), isRetriable: true)
        } catch let failure as JSONFailure {
            let what =
                switch failure {
                case .malformed: "the answer is not JSON, or cut\(response.looksLikeHTML ? " (a proxy's page?)" : "")"
                case .noArray: "the answer is not the list expected"
                case .noContinuation: "more follows the answer, but its @odata.nextLink has no usable $skiptoken"
                case .outOfMemory: "no memory to read the answer"
                }
            throw DefenderError(operation: call.operation, reason: .malformedAnswer(what))
        }
    }

    /// Whether there is another attempt, and when; throws what the outcome means otherwise.
    private func again<Value: Sendable>(
        _ call: DefenderCall, _ attempts: inout Attempts, _ outcome: AttemptOutcome, isRetriable: Bool? = nil
    ) throws -> Verdict<Value> {
        var retryAfter: Double?
        if case .answer(let response) = outcome, response.status == 429 || response.status == 503 {
            retryAfter = response.retryAfterSeconds(wallNow: clock.wall())
            if response.status == 429 {
                let wait =
                    retryAfter ?? DefenderTransport.throttledSecondsDefault * Double(1 << min(attempts.throttled, 6))
                attempts.throttled += 1
                if retryAfter != nil, attempts.postponed < DefenderTransport.throttledMax { attempts.postponed += 1 }
                budgets[call.family].close(forSeconds: min(wait, DefenderTransport.throttledSecondsMax))
            }
        }
        let mayRepeat = isRetriable ?? outcome.isRetriable
        if mayRepeat,
            let pause = attempts.outage.uncountedPause(
                after: outcome, began: attempts.began, now: attempts.ended, retryAfterSeconds: retryAfter,
                policy: retry)
        {
            attempts.inOutage += 1
            return .again(after: pause)
        }
        attempts.elapsedSeconds += attempts.ended - attempts.began
        let decision = retry.decision(
            attempt: attempts.counted, elapsedSeconds: attempts.elapsedSeconds, outcome: outcome,
            retryAfterSeconds: retryAfter, isRetriable: mayRepeat)
        if case .retry(let pause) = decision {
            attempts.elapsedSeconds += pause
            return .again(after: pause)
        }
        switch outcome {
        case .failure(.answerTooLarge) where call.family == .hunting:
            throw DefenderError(operation: call.operation, reason: .resultTooLarge)
        case .failure(let error): throw DefenderError(call.operation, error)
        case .answer(let response):
            var error = error(for: response, call, attempts.authorization)
            if let retryAfter, attempts.elapsedSeconds + retryAfter >= retry.deadlineSeconds {
                error.reason = .asksToWait(seconds: retryAfter, status: response.status)
            }
            throw error
        }
    }

    private func error(
        for response: OutboundResponse, _ call: DefenderCall, _ authorization: Secret?
    ) -> DefenderError {
        let safeText = settings.safeText(and: authorization)
        let body = ErrorBody(response.body)
        let reason: DefenderError.Reason
        switch response.status {
        case 200: reason = .malformedAnswer("the answer is not JSON, or cut")
        case 300..<400: reason = .redirected(host: response.redirectHost.map { safeText.shortened($0) })
        case 400 where call.family == .hunting && body?.isAboutResultSize == true: reason = .resultTooLarge
        case 400: reason = .rejected
        case 401 where body?.isAboutLicence == true: reason = .unlicensed
        case 401:
            reason = .credentials(
                hint: "the API refused a token issued just now: check that scope and API URL belong to the same cloud")
        case 403: reason = .forbidden(settings.permission(of: call.family))
        case 404, 410:
            let retired = call.family == .hunting ? call.audience.retirementHint : ""
            reason = .malformedAnswer("not found (is the API URL right?\(retired))")
        case 407: reason = .unreachable("the proxy asks for credentials")
        case 429: reason = .throttled
        case 408, 500...: reason = .serverError(status: response.status)
        default: reason = .unexpectedStatus(response.status)
        }
        return DefenderError(
            operation: call.operation, reason: reason,
            detail: body?.detail(safeText))
    }
}

extension OutboundResponse {
    fileprivate var looksLikeHTML: Bool {
        body.first { $0 > 0x20 } == 0x3C
    }
}
