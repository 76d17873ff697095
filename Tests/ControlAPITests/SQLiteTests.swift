import ConnectorCore
import Foundation
import MicroHTTP
import Store
import Testing

@testable import ControlAPI

/// The routes over the store they run on, since the one in memory only follows the port's description.
@Suite struct `Over SQLite` {
    private let store: SQLiteStore
    private let queue = RecordingQueue()
    private let api: ControlAPI
    private let observation = ObservationBox()

    init() throws {
        let store = try SQLiteStore.temporary()
        self.store = store
        let observation = observation
        api = ControlAPI(
            ControlAPIDependencies(
                store: store, queue: queue, connections: [ConnectionInfo(name: "default")], access: AccessPolicy(),
                renderMetrics: { _ in "" },
                clock: { Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000)) },
                version: "1", onJobChange: { observation.keep(store.onJobChange($0)) }))
    }

    private func call(_ method: String, _ path: String, _ headers: HTTPHeaders = [:], body: String = "") -> Answer {
        let parts = path.split(separator: "?").map(String.init)
        let query = parts.dropFirst().flatMap { $0.split(separator: "&") }.map { item in
            let halves = item.split(separator: "=").map(String.init)
            return HTTPRequest.QueryItem(name: halves[0], value: halves[1])
        }
        return Answer(
            api.router.handle(
                HTTPRequest(method: method, path: parts[0], query: query, headers: headers, body: Array(body.utf8))))
    }

    private var now: Timestamp { Timestamp(milliseconds: Int64(Date.now.timeIntervalSince1970 * 1000)) }

    @Test func `many triggers at once make one queued job, and one more beside a running one`() async throws {
        for expected in 1...2 {
            let ids = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<20 { group.addTask { call("POST", "/v1/imports/incremental").string("id") } }
                return await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(ids.count == 1 && !ids.contains(nil))
            #expect((call("GET", "/v1/jobs").json["jobs"] as? [Any])?.count == expected)
            if expected == 1 { _ = try store.claimNext(runningMax: 4, now: now) }
        }
    }

    @Test func `an idempotency key holds after the job has ended, and refuses another request`() throws {
        let headers: HTTPHeaders = ["Idempotency-Key": "k"]
        let first = call("POST", "/v1/imports/initial", headers)
        let job = try #require(try store.claimNext(runningMax: 1, now: now))
        try store.finish(job.id, attempt: job.attempt, outcome: .succeeded, now: now)
        #expect(call("POST", "/v1/imports/initial", headers).string("id") == first.string("id"))
        #expect(call("POST", "/v1/imports/initial", headers, body: #"{"alerts":false}"#).status == 422)
        #expect(call("POST", "/v1/imports/incremental", headers).status == 422)
    }

    @Test func `pages reach every job once`() throws {
        var all: [String] = []
        for _ in 0..<5 {
            all.append(call("POST", "/v1/imports/initial").string("id") ?? "")
            let job = try #require(try store.claimNext(runningMax: 1, now: now))
            try store.finish(job.id, attempt: job.attempt, outcome: .failed(.internal("x")), now: now)
        }
        var seen: [String] = []
        var path = "/v1/jobs?limit=2&state=failed"
        for _ in 0..<4 {
            let answer = call("GET", path)
            seen += (answer.json["jobs"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
            guard let cursor = answer.string("nextCursor") else { break }
            path = "/v1/jobs?limit=2&state=failed&cursor=\(cursor)"
        }
        #expect(seen == all.reversed())
    }

    @Test func `a stream follows a run from its claim to its end`() async throws {
        let id = call("POST", "/v1/imports/initial").string("id") ?? ""
        let response = api.router.handle(HTTPRequest(method: "GET", path: "/v1/jobs/\(id)/events"))
        let stream = RecordingStream()
        guard case .stream(let start) = response.body else { throw Inbox.NothingCame() }
        start(stream)
        try await poll { stream.text.contains("\"state\":\"queued\"") }
        let job = try #require(try store.claimNext(runningMax: 1, now: now))
        try await poll { stream.text.contains("\"state\":\"running\"") }
        let progress = JobProgress(phase: .details, machines: .init(done: 3, total: 9))
        try store.record(JobUpdate(progress: progress), of: job.id, attempt: job.attempt)
        try await poll { stream.text.contains("event: progress\n") }
        #expect(call("POST", "/v1/jobs/\(id)/cancel").string("state") == "cancelling")
        #expect(queue.cancelled == [job.id])
        try store.finish(job.id, attempt: job.attempt, outcome: .cancelled, now: now)
        try await poll { stream.isFinished }
        #expect(stream.text.contains("\"state\":\"cancelled\""))
        // Asked once more it is the same; only a job that ended otherwise is a conflict.
        #expect(call("POST", "/v1/jobs/\(id)/cancel").string("state") == "cancelled")
    }

    @Test func `a waiting request is told why the store can't be read`() async throws {
        let created = call("POST", "/v1/imports/initial")
        let request = HTTPRequest(
            method: "GET", path: created.headers["Location"] ?? "", query: [.init(name: "wait", value: "60")],
            headers: ["If-None-Match": created.headers["ETag"] ?? ""])
        let response = api.router.handle(request)
        try store.close()
        let answer = try await Inbox(response).take()
        #expect(answer.status == 503)
        #expect(answer.string("code") == "store_unavailable")
        #expect(answer.headers["Retry-After"] == "30")
    }

    @Test func `a waiting request is answered by a change in the store`() async throws {
        let created = call("POST", "/v1/imports/initial")
        let request = HTTPRequest(
            method: "GET", path: created.headers["Location"] ?? "", query: [.init(name: "wait", value: "60")],
            headers: ["If-None-Match": created.headers["ETag"] ?? ""])
        let inbox = Inbox(api.router.handle(request))
        _ = try store.claimNext(runningMax: 1, now: now)
        let answer = try await inbox.take()
        #expect(answer.status == 200)
        #expect(answer.string("state") == "running")
    }
}
