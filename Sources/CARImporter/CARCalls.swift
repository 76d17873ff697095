import ConnectorCore
import Foundation
import OutboundHTTP
import Threading

/// Sends requests to CAR and turns what comes back into values or `CARError`s.
struct CARCalls: Sendable {
    /// Which outcomes are tried again.
    enum Repetition: Sendable {
        /// The call has the same effect however often it is made.
        case idempotent
        /// It is made again only where CAR surely did not act on it.
        case onlyUntouched
        /// The caller asks again itself.
        case never
    }

    let settings: CARSettings
    let http: HTTPClient
    let clock: WaitClock
    let safeText: SafeText
    private let authorization: Secret

    init(settings: CARSettings, http: HTTPClient, clock: WaitClock) {
        self.settings = settings
        self.http = http
        self.clock = clock
        authorization = settings.authorization.header
        safeText = SafeText(hiding: settings.authorization.secretTexts + ProxyCredentials.secretTexts())
    }

    /// - Parameters:
    ///   - path: behind the base URL, encoded, with its query.
    ///   - label: for metrics.
    func request(
        _ method: OutboundRequest.Method, _ path: String, label: String, body: [UInt8]? = nil
    ) -> OutboundRequest {
        request(method, url: settings.baseURL + path, label: label, body: body)
    }

    func request(
        _ method: OutboundRequest.Method, url: String, label: String, body: [UInt8]? = nil
    ) -> OutboundRequest {
        // The type also without a body, as the connector framework sends it.
        var headers = [("Accept", "application/json"), ("Content-Type", "application/json")]
        // A status that a proxy remembers could confirm an import that CAR has not applied.
        if method == .get { headers.append(("Cache-Control", "no-cache")) }
        var request = OutboundRequest(method, url: url, headers: headers, body: body)
        request.authorization = authorization
        request.answerBytesMax = 8 << 20
        request.deadlineSeconds = settings.attemptSecondsMax
        request.label = label
        return request
    }

    /// The answer, whatever its status.
    ///
    /// - Throws: `CARError` without an answer, `CancellationError` when the task is cancelled.
    func send(
        _ request: OutboundRequest, operation: String, repetition: Repetition = .idempotent
    ) async throws -> OutboundResponse {
        do {
            if repetition == .never { return try await http.send(request) }
            var request = request
            request.isSentOnce = repetition == .onlyUntouched
            let refusals = Locked(0)
            return try await http.send(request, retrying: settings.retry) { [method = request.method] outcome in
                CARCalls.isRetriable(outcome, of: method, repetition: repetition, refusals: refusals)
            }
        } catch let error as OutboundError {
            if error == .cancelled { try Task.checkCancellation() }
            throw failure(error, operation: operation)
        }
    }

    /// A JSON answer with a 2xx status.
    func answer<Answer: Decodable>(
        _ type: Answer.Type, to request: OutboundRequest, operation: String, repetition: Repetition = .idempotent
    ) async throws -> Answer {
        let response = try await send(request, operation: operation, repetition: repetition)
        try requireSuccess(response, operation: operation)
        return try decode(type, from: response, operation: operation)
    }

    /// A web page is no success whatever its status: CAR never sent it.
    func requireSuccess(_ response: OutboundResponse, operation: String) throws(CARError) {
        if CARCalls.isSuccess(response) {
            guard CARCalls.isWebPage(response) else { return }
            throw malformed(response, operation: operation)
        }
        let detail = ErrorBody.text(of: response.body).map { safeText.shortened($0) }
        throw CARError(operation: operation, reason: .rejected(status: response.status), detail: detail)
    }

    /// The same of an answer whose content is not needed: JSON that was cut is no sign that CAR took the request.
    func requireWholeSuccess(_ response: OutboundResponse, operation: String) throws(CARError) {
        try requireSuccess(response, operation: operation)
        let looksLikeJSON = response.body.first { $0 > 0x20 }.map { $0 == 0x7B || $0 == 0x5B } ?? false
        guard looksLikeJSON, (try? JSONSerialization.jsonObject(with: Data(response.body))) == nil else { return }
        throw malformed(response, operation: operation)
    }

    func decode<Answer: Decodable>(
        _ type: Answer.Type, from response: OutboundResponse, operation: String
    ) throws(CARError) -> Answer {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw malformed(response, operation: operation)
        }
    }

    private func malformed(_ response: OutboundResponse, operation: String) -> CARError {
        let what =
            CARCalls.isWebPage(response)
            ? "a web page" : response.body.isEmpty ? "an empty body" : "another form of answer"
        return CARError(operation: operation, reason: .malformedReply, detail: "status \(response.status) with \(what)")
    }

    private static func isSuccess(_ response: OutboundResponse) -> Bool {
        (200..<300).contains(response.status)
    }

    private static func isWebPage(_ response: OutboundResponse) -> Bool {
        response.body.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "<")
    }

    /// Whether a successful answer is cut or comes from something else than CAR. Of a patch or deletion the status is
    /// the whole answer, so its body may be any but a web page.
    private static func isBroken(_ response: OutboundResponse, to method: OutboundRequest.Method) -> Bool {
        guard isSuccess(response), !response.body.isEmpty else { return false }
        if method == .patch || method == .delete { return isWebPage(response) }
        // Only whether it can be read at all is asked here, so the error is of no interest.
        return (try? JSONSerialization.jsonObject(with: Data(response.body), options: .fragmentsAllowed)) == nil
    }

    private func failure(_ error: OutboundError, operation: String) -> CARError {
        let detail = safeText.shortened(error.description)
        let reason: CARError.Reason =
            switch error {
            case .unreachable, .lost, .truncated, .cancelled, .other: .unreachable
            case .timedOut: .timedOut
            case .tls: .tls
            case .answerTooLarge: .malformedReply
            case .invalidURL: .invalidRequest
            }
        return CARError(operation: operation, reason: reason, detail: detail)
    }

    /// 403 is passing now and then behind CAR's gateway, so it is asked again, five times at the most; 400, 401 and 404
    /// never.
    private static func isRetriable(
        _ outcome: AttemptOutcome, of method: OutboundRequest.Method, repetition: Repetition,
        refusals: Locked<Int>
    ) -> Bool {
        if case .answer(let response) = outcome, response.status == 403, repetition != .never {
            return refusals.withLock { count in
                count += 1
                return count <= 5
            }
        }
        switch (repetition, outcome) {
        case (.never, _): return false
        case (.idempotent, .answer(let response)) where isBroken(response, to: method): return true
        case (.idempotent, _): return outcome.isRetriable
        case (.onlyUntouched, .answer(let response)): return response.status == 429 || response.status == 503
        case (.onlyUntouched, .failure(.unreachable)): return true
        case (.onlyUntouched, .failure): return false
        }
    }
}
