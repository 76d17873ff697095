import Dispatch
import Foundation
import MicroHTTP
import Threading

/// IBM CAR's import API (v2), and of its v3 the query, schema and health calls, over a graph in memory.
///
/// Use `handle` as an `HTTPHandler`. Paths: `/api/car/v2/...`, `/api/car/v3/...`, `/_sandbox/...`.
public final class CARSimulator: Sendable {
    /// Longer request targets are answered 414.
    static let targetMax = 2048

    public let faults: FaultPlan
    /// Calls, bytes and statuses by endpoint name (`car.imports`, ...).
    public let endpoints = EndpointCounters()
    let options: SandboxOptions
    let state: Locked<CARState>
    private let authorizations: Set<String>
    private let queue = DispatchQueue(label: "sandbox.car")

    public init(options: SandboxOptions, faults: FaultPlan = FaultPlan()) {
        self.options = options
        self.faults = faults
        let pair = Data("\(options.carKey):\(options.carPassword)".utf8).base64EncodedString()
        authorizations = ["Basic \(pair)", "car-token \(options.carToken)"]
        state = Locked(CARState(database: options.carDatabase, random: SplitMix64(seed: options.seed, 0xca)))
    }

    // MARK: In process

    /// The active graph of a source.
    public func graph(source: String) -> GraphImage {
        state.withLock { $0.sources[source] }?.image() ?? GraphImage()
    }

    public var counters: CARCounters {
        state.withLock { $0.counters }
    }

    public func resetCounters() {
        state.withLock { $0.counters = CARCounters() }
        endpoints.reset()
    }

    /// The save point; `nil` for a source CAR doesn't know.
    public func modelStateID(source: String) -> String? {
        state.withLock { $0.sources[source]?.modelStateID }
    }

    /// Sets a save point as if a connector had, or forgets the source altogether.
    public func setModelStateID(_ id: String?, source: String) {
        state.withLock { state in
            if let id {
                state.sources[source, default: SourceGraph()].modelStateID = id
            } else {
                state.sources[source] = nil
            }
        }
    }

    /// Sets how far the database is set up, as if an administrator had taken something away. The graph stays.
    public func setDatabase(_ database: CARDatabaseState) {
        state.withLock { $0.database = database }
    }

    // MARK: Requests

    /// Answers one request.
    @Sendable public func handle(_ request: HTTPRequest) throws -> HTTPResponse {
        var path = RequestPath.segments(request.path)[...]
        if path.popFirst() == "_sandbox" || request.path.hasPrefix("/_sandbox") {
            return control(path.joined(separator: "/"), request)
        }
        guard request.path.hasPrefix("/api/car/v"), path.popFirst() == "car", let version = path.popFirst(),
            let call = CARCall.find(version: version, method: request.method, path: Array(path))
        else { return CARError(404, "not_found", "No resource \(request.method) \(request.path).").response }
        endpoints.countCall(call.endpoint)
        let response = try FaultyEndpoint.respond(
            to: request, plan: faults, endpoint: call.endpoint, error: { CARError.status($0).adding($1).response }
        ) { [self] request, fault in
            do throws(CARError) {
                try check(request)
                return try answer(call, request, fault)
            } catch {
                return error.response
            }
        }
        if response.status == 429 { endpoints.countThrottled(call.endpoint) }
        endpoints.countAnswer(call.endpoint, response)
        return response
    }

    private func check(_ request: HTTPRequest) throws(CARError) {
        guard let authorization = request.headers["Authorization"], authorizations.contains(authorization) else {
            throw CARError.status(401)
        }
        guard CARTarget.length(of: request) <= Self.targetMax else {
            throw CARError(414, "uri_too_long", "The request target is longer than \(Self.targetMax) characters.")
        }
        guard !request.body.isEmpty else { return }
        let type = request.headers["Content-Type"]?.split(separator: ";").first.map { $0.lowercased() }
        guard type == "application/json" else {
            throw CARError(415, "unsupported_media_type", "Content-Type must be application/json.")
        }
    }

    private func answer(_ call: CARCall, _ request: HTTPRequest, _ fault: Fault.Kind?) throws(CARError) -> HTTPResponse
    {
        switch call {
        case .databases: try databases()
        case .setUpDatabases: try setUpDatabases(request, fault)
        case .jobStatus(let id): try jobStatus(id)
        case .enterSession(let source): job(.enterSession(source: source), fault)
        case .leaveSession(let source): job(.leaveSession(source: source), fault)
        case .imports: try importObjects(request, fault)
        case .importStatus: try importStatus(request, fault)
        case .source(let name): try source(name)
        case .patchSource: try patchSource(request)
        case .patchEdge(let kind):
            if fault == .unknownEdge {
                throw CARError(404, "not_found", "No such edge in \(kind).")
            } else {
                try patchEdge(kind, request)
            }
        case .delete(let source, let collection): try delete(source, collection, request)
        case .importSchema: SandboxAnswer.json(200, ["schema": CARSchema.json])
        case .query: try query(request)
        case .health: SandboxAnswer.json(200, ["message": "ok"])
        }
    }

    /// Runs `work` on the state after the simulator's random delay; at once when that is 0.
    func later(_ work: @escaping @Sendable (inout CARState) -> Void) {
        let delay = options.carDelayMillisecondsMaximum
        guard delay > 0 else {
            state.withLock { work(&$0) }
            return
        }
        let milliseconds = state.withLock { $0.random.below(delay + 1) }
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [state] in
            state.withLock { work(&$0) }
        }
    }
}
