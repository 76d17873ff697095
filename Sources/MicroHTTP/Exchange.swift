import CMicroHTTPD
import Glibc

/// One request and its answer. Every call comes from the connection's own thread.
final class Exchange {
    private enum Phase {
        case lineRead
        case receiving
        /// The body is read and thrown away; the answer is known already.
        case discarding(HTTPResponse)
        case waiting(DeferredAnswer)
        case answered

        var isAnswered: Bool {
            if case .answered = self { true } else { false }
        }
    }

    private let core: ServerCore
    private let rawQuery: [UInt8]?
    private let startedAt: timespec
    private var phase = Phase.lineRead
    private var request = HTTPRequest(method: "", path: "")
    private var receivedBytes = 0
    private var routeTemplate: String?
    private var status = 0
    private var responseBytes = 0
    private var stream: StreamAnswer?
    private var isExtra = false

    init(core: ServerCore, query: [UInt8]?) {
        self.core = core
        rawQuery = query
        startedAt = Self.now()
        core.requests.enter()
    }

    /// Takes the next step.
    ///
    /// - Parameter part: a part of the body; empty for the other steps.
    /// - Returns: `false` to cut the connection.
    func advance(
        _ connection: OpaquePointer, method: UnsafePointer<CChar>, url: UnsafePointer<CChar>,
        part: UnsafeRawBufferPointer
    ) -> Bool {
        switch phase {
        case .lineRead: return begin(connection, method: method, url: url)
        case .receiving: return part.isEmpty ? complete(connection) : receive(part)
        case .discarding(let response): return part.isEmpty ? send(response, connection) : discard(part)
        case .waiting(let answer):
            guard let response = answer.take() else { return false }
            if case .deferred = response.body {
                report(.init(.invalidResponse, "a deferred answer can't be deferred again"))
                return send(ProblemDocument.internalError.response(), connection)
            }
            return send(response, connection)
        case .answered: return false
        }
    }

    /// The request has ended, answered or not.
    func end() {
        defer { core.requests.leave() }
        stream?.connectionEnded()
        guard let onRequest = core.configuration.onRequest else { return }
        let endedAt = Self.now()
        let seconds =
            Double(endedAt.tv_sec - startedAt.tv_sec) + Double(endedAt.tv_nsec - startedAt.tv_nsec) / 1_000_000_000
        onRequest(
            RequestSummary(
                method: request.method, path: request.path, routeTemplate: routeTemplate, status: status,
                seconds: seconds, responseBytes: stream?.sentBytes ?? responseBytes,
                remoteAddress: request.remoteAddress))
    }

    // MARK: - The request

    private func begin(
        _ connection: OpaquePointer, method: UnsafePointer<CChar>, url: UnsafePointer<CChar>
    ) -> Bool {
        let head = RequestHead(connection)
        request.method = String(cString: method)
        request.headers = head.headers
        request.remoteAddress = Peer.of(connection)?.address ?? ""
        if let fault = head.fault {
            // Where this request ends is unknown, so nothing after it on this connection can be trusted.
            return refuseAndClose(ProblemDocument(status: 400, code: "bad_request", detail: fault), connection)
        }
        isExtra = Peer.of(connection)?.isExtra ?? false
        let configuration = core.configuration
        let bodyBytes = head.bodyBytes ?? 0
        guard let refusal = refusal(head, connection, url: url) else {
            if bodyBytes > 0 { request.body.reserveCapacity(min(bodyBytes, 64 * 1024)) }
            phase = .receiving
            return true
        }
        if head.hasBody, head.expectsContinue || bodyBytes > configuration.bodyBytesMax + configuration.drainBytesMax {
            return refuseAndClose(refusal, connection)
        }
        phase = .discarding(refusal.response(headers: isExtra ? ["Retry-After": "2"] : [:]))
        return true
    }

    /// What is wrong with a request whose head is complete.
    private func refusal(
        _ head: RequestHead, _ connection: OpaquePointer, url: UnsafePointer<CChar>
    ) -> ProblemDocument? {
        let configuration = core.configuration
        if Peer.of(connection)?.credentials?.demandsClientCertificate == true,
            cmhd_has_client_certificate(connection) == 0
        {
            return ProblemDocument(
                status: 403, code: "client_certificate_required", detail: "A valid client certificate is required.")
        }
        guard let path = RequestTarget.path(of: url, method: request.method) else {
            return ProblemDocument(status: 400, code: "bad_request", detail: "The request target is not a valid URI.")
        }
        request.path = path
        if isExtra, !configuration.reservedPaths.contains(path) { return ProblemDocument.tooManyConnections }
        if let rawQuery {
            guard let query = PercentEncoding.decodeQuery(rawQuery) else {
                return ProblemDocument(
                    status: 400, code: "bad_request", detail: "The query holds an escape or text that is not valid.")
            }
            request.query = query
        }
        return (head.bodyBytes ?? 0) > configuration.bodyBytesMax ? tooLarge() : nil
    }

    private func receive(_ part: UnsafeRawBufferPointer) -> Bool {
        if receivedBytes + part.count > core.configuration.bodyBytesMax {
            // The library takes no answer before the body's end.
            request.body = []
            phase = .discarding(tooLarge().response())
            return discard(part)
        }
        receivedBytes += part.count
        request.body.append(contentsOf: part)
        return true
    }

    private func discard(_ part: UnsafeRawBufferPointer) -> Bool {
        receivedBytes += part.count
        return receivedBytes <= core.configuration.bodyBytesMax + core.configuration.drainBytesMax
    }

    private func complete(_ connection: OpaquePointer) -> Bool {
        Peer.of(connection)?.expect(within: .infinity)
        return send(core.answer(request), connection)
    }

    private func tooLarge() -> ProblemDocument {
        ProblemDocument(
            status: 413, code: "body_too_large", detail: "The body is larger than this service accepts.",
            extras: ["bytesMax": .integer(core.configuration.bodyBytesMax)])
    }

    // MARK: - The answer

    private func refuseAndClose(_ problem: ProblemDocument, _ connection: OpaquePointer) -> Bool {
        send(problem.response(headers: ["Connection": "close"]), connection)
    }

    private func send(_ response: HTTPResponse, _ connection: OpaquePointer) -> Bool {
        if let template = response.routeTemplate { routeTemplate = template }
        switch response.body {
        case .bytes(let bytes):
            let body = OutgoingResponse.hasNoBody(response.status) ? [] : bytes
            return queue(response, OutgoingResponse(bytes: body), connection)
        case .abort:
            return false
        case .deferred(let work):
            let answer = DeferredAnswer(open: core.open, seconds: core.configuration.deferredAnswerSeconds)
            guard answer.suspend(connection) else { return send(ProblemDocument.stopping.response(), connection) }
            phase = .waiting(answer)
            let promise = AnswerPromise(answer)
            work(DeferredResponder(isDeserted: { promise.isDeserted }, deliver: { promise.keep($0) }))
            return true
        case .stream(let work):
            // An answer without a body must not start the work behind it.
            if OutgoingResponse.hasNoBody(response.status) {
                return queue(response, OutgoingResponse(bytes: []), connection)
            }
            if request.method == "HEAD" { return queue(response, OutgoingResponse(headOfStream: ()), connection) }
            let stream = StreamAnswer(
                open: core.open, bufferBytesMax: core.configuration.streamBufferBytesMax, events: core.events)
            guard core.open.add(stream) else { return send(ProblemDocument.stopping.response(), connection) }
            self.stream = stream
            guard queue(response, OutgoingResponse(stream: stream, connection: connection), connection) else {
                return false
            }
            if phase.isAnswered { work(stream) }
            return true
        }
    }

    private func queue(_ response: HTTPResponse, _ outgoing: consuming OutgoingResponse?, _ connection: OpaquePointer)
        -> Bool
    {
        guard let outgoing else { return false }
        do {
            try outgoing.setHeaders(response, isLast: core.open.isStopping || isExtra)
            guard outgoing.queue(status: response.status, on: connection) else { return false }
        } catch {
            report(error)
            stream?.connectionEnded()
            stream = nil
            return send(ProblemDocument.internalError.response(), connection)
        }
        status = response.status
        responseBytes = request.method == "HEAD" ? 0 : outgoing.bodyBytes
        phase = .answered
        if stream == nil, let peer = Peer.of(connection) { peer.expect(within: core.seconds(for: peer)) }
        return true
    }

    private func report(_ error: HTTPServerError) {
        core.configuration.onHandlerError?(error, request)
    }

    private static func now() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time
    }
}
