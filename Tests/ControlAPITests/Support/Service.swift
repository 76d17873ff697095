import ConnectorCore
import Foundation
import MicroHTTP
import Telemetry
import Threading

@testable import ControlAPI

/// The control API over a store in memory, called in process or served on a port.
struct Service {
    let store = InMemoryJobStore()
    let queue = RecordingQueue()
    let api: ControlAPI
    /// The time of the service's clock: a second later with every reading.
    private let now = Locked(Timestamp(milliseconds: 1_795_468_509_483))

    init(
        connections: [ConnectionInfo] = [ConnectionInfo(name: "default")], access: AccessPolicy = AccessPolicy(),
        check: (@Sendable (String) async -> [CheckResult])? = nil, limits: ControlAPILimits = ControlAPILimits(),
        storeChanged: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        let (store, now) = (store, now)
        var dependencies = ControlAPIDependencies(
            store: store, queue: queue, connections: connections, access: access,
            renderMetrics: { $0 == .openMetrics ? "# EOF\n" : "metric 1\n" }, check: check,
            clock: {
                now.withLock {
                    $0 = $0.adding(seconds: 1)
                    return $0
                }
            }, version: "1.0.0", onJobChange: { store.onChange($0) })
        dependencies.limits = limits
        dependencies.storeChanged = storeChanged
        api = ControlAPI(dependencies)
    }

    /// Calls a route in process.
    func call(
        _ method: String, _ target: String, headers: HTTPHeaders = [:], body: String = ""
    ) -> Answer {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.dropFirst().first.map { text in
            text.split(separator: "&").map { item in
                let halves = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                    String($0).removingPercentEncoding ?? ""
                }
                return HTTPRequest.QueryItem(name: halves[0], value: halves.count > 1 ? halves[1] : "")
            }
        }
        return Answer(
            api.router.handle(
                HTTPRequest(
                    method: method, path: parts[0], query: query ?? [], headers: headers, body: Array(body.utf8))))
    }

    /// Stores a job of a given state.
    @discardableResult
    func addJob(
        _ state: JobState = .running, kind: JobKind = .incremental, connection: String = "default", second: Int64 = 0
    ) -> Job {
        var generator = SystemRandomNumberGenerator()
        let time = Timestamp(milliseconds: 1_795_400_000_000).adding(seconds: second)
        let job = Job(
            id: JobID(at: time, using: &generator), kind: kind, connection: connection, state: state, trigger: .api,
            createdAt: time, startedAt: state == .queued ? nil : time.adding(seconds: 1))
        store.add(job)
        return job
    }

    /// Serves the API on a free port while `body` runs.
    func serve(_ body: (UInt16) async throws -> Void) async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(port: 0), router: api.router)
        let address = try server.start()
        defer { server.stop(graceSeconds: 1) }
        try await body(address.port)
    }
}

/// An answer taken apart for comparison.
struct Answer {
    var status: Int
    var headers: HTTPHeaders
    var text: String
    /// Whether the body comes later or bit by bit.
    var isOpen = false

    init(_ response: HTTPResponse) {
        status = response.status
        headers = response.headers
        if case .bytes(let bytes) = response.body {
            text = String(decoding: bytes, as: UTF8.self)
        } else {
            text = ""
            isOpen = true
        }
    }

    /// The body's members; empty where it is no JSON object.
    var json: [String: Any] {
        let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        return object as? [String: Any] ?? [:]
    }

    func string(_ name: String) -> String? { json[name] as? String }

    /// The names in `errors[]` of a problem document.
    var badFields: [String] {
        let errors = json["errors"] as? [[String: Any]] ?? []
        return errors.compactMap { $0["field"] as? String }
    }
}
