import CARImporter
import Foundation
import MicroHTTP
import OutboundHTTP
import Threading

/// A server on loopback that answers as the test says, and remembers what it was asked.
final class ScriptedCAR: Sendable {
    /// What is known when a request is to be answered.
    struct Context: Sendable {
        var request: HTTPRequest
        /// `POST /imports`, without the base path.
        var route: String
        /// 1 for the first request of this route.
        var count: Int
    }

    private struct State {
        var requests: [HTTPRequest] = []
        var counts: [String: Int] = [:]
        var imports: [String] = []
        /// Import ids that the default status answer calls incomplete.
        var incomplete: Set<String> = []
        var unconfirmed: Set<String> = []
        var unconfirmedMost = 0
    }

    private static let basePath = "/api/car/v2"
    private let state: Locked<State>
    private let server: HTTPServer
    let baseURL: String

    /// - Parameter answer: `nil` leaves the request to the default: every import is taken, and complete when asked for.
    init(_ answer: @escaping @Sendable (Context) -> HTTPResponse? = { _ in nil }) throws {
        let state = Locked(State())
        var configuration = HTTPServerConfiguration()
        configuration.bodyBytesMax = 16 << 20
        self.state = state
        server = HTTPServer(configuration: configuration) { request in
            var path = request.path
            if path.hasPrefix(ScriptedCAR.basePath) { path = String(path.dropFirst(ScriptedCAR.basePath.count)) }
            let route = "\(request.method) \(path)"
            let count = state.withLock { state in
                state.requests.append(request)
                state.counts[route, default: 0] += 1
                return state.counts[route] ?? 0
            }
            let context = Context(request: request, route: route, count: count)
            return answer(context) ?? ScriptedCAR.standard(context, state)
        }
        baseURL = "http://127.0.0.1:\(try server.start().port)\(ScriptedCAR.basePath)"
    }

    func stop() { server.stop(graceSeconds: 1) }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    /// Of `GET /importstatus` and the like, without the base path.
    func count(_ route: String) -> Int { state.withLock { $0.counts[route] ?? 0 } }
    /// The bodies of `POST /imports`, in the order of their arrival.
    var envelopes: [[UInt8]] { requests.filter { $0.path.hasSuffix("/imports") }.map(\.body) }
    /// The most imports that were taken and not yet called complete at one moment.
    var unconfirmedMost: Int { state.withLock { $0.unconfirmedMost } }

    private static func standard(_ context: Context, _ state: Locked<State>) -> HTTPResponse {
        switch context.route {
        case "POST /imports":
            let id = state.withLock { state in
                let id = "import-\(state.imports.count + 1)"
                state.imports.append(id)
                state.unconfirmed.insert(id)
                state.unconfirmedMost = max(state.unconfirmedMost, state.unconfirmed.count)
                return id
            }
            return .json(#"{"id":"\#(id)","status":"INPROGRESS","message":""}"#)
        case "GET /importstatus":
            state.withLock { $0.unconfirmed.subtract(context.importIDs) }
            return .json(#"{"incomplete_imports":[],"error_imports":[]}"#)
        default:
            return .json("{}", status: 404)
        }
    }
}

extension ScriptedCAR.Context {
    var importIDs: [String] {
        (request.queryValue("ids") ?? "").split(separator: ",").map(String.init)
    }
}

extension HTTPResponse {
    static func json(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", text: text)
    }

    static func html(_ status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/html", text: "<html><body>Sign in</body></html>")
    }

    /// Never answered while the test runs; the client gives up or the server stops.
    static let never = HTTPResponse(status: 200, body: .deferred { _ in })

    /// A status answer that lists these imports.
    static func importStatus(incomplete: [String] = [], failed: [String] = []) -> HTTPResponse {
        let incomplete = incomplete.map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        return .json(
            #"{"incomplete_imports":[\#(incomplete)],"error_imports":[\#(failed.joined(separator: ","))]}"#)
    }
}

/// Runs `body` with a client of a scripted CAR, with short pauses, and stops both.
func withCAR(
    source: String = "Defender", clock: WaitClock = .system, configure: (inout CARSettings) -> Void = { _ in },
    answer: @escaping @Sendable (ScriptedCAR.Context) -> HTTPResponse? = { _ in nil },
    body: (CARClient, ScriptedCAR) async throws -> Void
) async throws {
    let car = try ScriptedCAR(answer)
    defer { car.stop() }
    var configuration = HTTPClientConfiguration()
    configuration.clock = clock
    let client = CARClient(
        settings: try .quick(car.baseURL, source: source, configure: configure), configuration: configuration)
    defer { client.shutdown() }
    try await body(client, car)
}

extension WaitClock {
    /// Shows `time`, which a pause moves at once by its length, or by `pauseSecondsMax`.
    static func simulated(_ time: Locked<Double>, pauseSecondsMax: Double = .infinity) -> WaitClock {
        WaitClock(
            now: { time.withLock { $0 } }, wall: WaitClock.system.wall,
            sleep: { seconds in
                try Task.checkCancellation()
                time.withLock { $0 += min(seconds, pauseSecondsMax) }
                await Task.yield()
            })
    }
}

extension CARSettings {
    static func quick(
        _ baseURL: String, source: String = "Defender", configure: (inout CARSettings) -> Void = { _ in }
    ) throws -> CARSettings {
        var settings = try CARSettings(
            baseURL: baseURL, authorization: .basic(key: Secret("the-key"), password: Secret("the-password")),
            source: source)
        settings.retry = RetryPolicy(attemptsMax: 6, baseSeconds: 0.001, capSeconds: 0.01, deadlineSeconds: 120)
        settings.importPolling = PollPauses(firstSeconds: 0.005, capSeconds: 0.05)
        settings.jobPolling = PollPauses(firstSeconds: 0.005, capSeconds: 0.05)
        settings.crowdedPauses = PollPauses(firstSeconds: 0.005, capSeconds: 0.05)
        settings.importDeadlineSeconds = 120
        settings.jobDeadlineSeconds = 120
        configure(&settings)
        return settings
    }
}

/// The error that `work` throws, `nil` when it does not throw a `CARError`.
func carError(_ work: () async throws -> Void) async -> CARError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? CARError
    }
}
