import ConnectorCore
import Foundation
import MicroHTTP
import TestSockets
import Testing
import Threading

@testable import ControlAPI

@Suite struct `Health and metrics` {
    @Test func `ready means that the store can be written and nothing drains`() {
        let service = Service()
        #expect(service.call("GET", "/livez").text == "ok\n")
        #expect(service.call("GET", "/readyz").status == 200)
        service.store.setWritable(false)
        let unwritable = service.call("GET", "/readyz")
        #expect(unwritable.status == 503)
        #expect(unwritable.text == "not ready: store not writable\n")
        service.queue.drain()
        #expect(service.call("GET", "/readyz").text == "not ready: draining, store not writable\n")
        #expect(service.call("GET", "/livez").status == 200)
    }

    @Test func `a store that can't be used any more is told once, and so is its return`() async throws {
        let told = Locked<[String?]>([])
        let service = Service(storeChanged: { reason in told.withLock { $0.append(reason) } })
        let start = { service.call("POST", "/v1/imports/initial").status }
        #expect(start() == 202)
        #expect(told.withLock { $0 } == [])
        service.store.setWritable(false)
        for _ in 0..<3 {
            #expect(start() == 503)
            #expect(service.call("GET", "/readyz").text == "not ready: store not writable\n")
        }
        service.store.setWritable(true)
        for _ in 0..<3 { #expect(start() == 202) }
        service.store.setWritable(false)
        for _ in 0..<3 { #expect(start() == 503) }
        // In order, so nothing is told twice between these.
        try await poll { told.withLock { $0.count } >= 3 }
        #expect(told.withLock { $0 } == ["not writable", nil, "not writable"])
    }

    @Test(arguments: [
        (nil, false), ("*/*", false), ("text/plain", false), ("text/html", false),
        ("application/openmetrics-text", true),
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
        ),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", false),
        ("application/openmetrics-text; q=0", false), (";;;q=,,,", false),
    ])
    func `OpenMetrics is sent where it is asked for`(accept: String?, isOpenMetrics: Bool) {
        var headers: HTTPHeaders = [:]
        headers["Accept"] = accept
        let answer = Service().call("GET", "/metrics", headers: headers)
        #expect(answer.text == (isOpenMetrics ? "# EOF\n" : "metric 1\n"))
        #expect(
            answer.headers["Content-Type"]?.hasPrefix(isOpenMetrics ? "application/openmetrics" : "text/plain") == true)
    }

    @Test func `what is accepted may stand on several lines`() {
        var headers: HTTPHeaders = ["Accept": "text/html"]
        headers.append("Accept", "application/openmetrics-text")
        #expect(Service().call("GET", "/metrics", headers: headers).text == "# EOF\n")
        let service = Service()
        let job = service.addJob(.succeeded)
        service.store.setReport(ImportReport(), of: job.id)
        headers.append("Accept", "text/markdown")
        let report = service.call("GET", "/v1/jobs/\(job.id)/report", headers: headers)
        #expect(report.headers["Content-Type"] == "text/markdown; charset=utf-8")
    }

    @Test func `everything works over a socket, HEAD included`() async throws {
        let service = Service()
        try await service.serve { port in
            for (method, path, status) in [
                ("GET", "/livez", 200), ("HEAD", "/v1/jobs", 200), ("POST", "/v1/imports/initial", 202),
                ("DELETE", "/v1/jobs", 405), ("GET", "/nothing", 404), ("GET", "/v1/jobs?limit=x", 400),
            ] {
                let client = try SocketClient(port: port)
                try client.request(method, path, method == "POST" ? ["Content-Length: 0"] : [])
                let text = try client.readToEnd()
                #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(method) \(path)")
                #expect(text.contains("\r\nCache-Control: no-store\r\n"), "\(method) \(path)")
                if method == "HEAD" { #expect(text.hasSuffix("\r\n\r\n")) }
            }
        }
    }
}

@Suite struct `Connections` {
    private let info = ConnectionInfo(
        name: "a b/ü", defenderURL: "https://d.example", carURL: "https://c.example", alerts: false,
        schedules: [.incremental: "*/15 * * * *"])

    @Test func `are shown with save point, machines, runs and schedule`() {
        let service = Service(connections: [info, ConnectionInfo(name: "other")])
        let last = service.addJob(.succeeded, connection: info.name)
        service.store.setSummary(
            ConnectionSummary(savePoint: "1795468509483", machinesKnown: 5000, lastIncremental: last, queued: 1),
            of: info.name)
        service.queue.setNext([.incremental: Timestamp(milliseconds: 1_795_468_509_483)])
        let answer = service.call("GET", "/v1/connections/a%20b%2F%C3%BC")
        #expect(answer.status == 200)
        #expect(answer.string("savePoint") == "1795468509483")
        #expect(answer.json["machinesKnown"] as? Int == 5000)
        #expect((answer.json["nextRuns"] as? [String: Any])?["incremental"] as? String == "2026-11-23T21:15:09.483Z")
        #expect((answer.json["schedules"] as? [String: Any])?["incremental"] as? String == "*/15 * * * *")
        let lastRuns = answer.json["lastRuns"] as? [String: Any]
        #expect((lastRuns?["incremental"] as? [String: Any])?["id"] as? String == last.id.text)
        #expect(lastRuns?["initial"] is NSNull)
        let links = answer.json["links"] as? [String: String]
        #expect(links?["self"] == "/v1/connections/a%20b%2F%C3%BC")
        #expect(service.call("GET", links?["self"] ?? "").status == 200)
        let all = service.call("GET", "/v1/connections").json["connections"] as? [[String: Any]]
        #expect(all?.compactMap { $0["name"] as? String } == ["a b/ü", "other"])
    }

    @Test func `that nobody configured are 404`() {
        #expect(Service().call("GET", "/v1/connections/none").string("code") == "unknown_connection")
        #expect(Service().call("POST", "/v1/connections/none/check").status == 404)
    }

    private func check(_ service: Service) async throws -> Answer {
        try await Inbox(service.api.router.handle(HTTPRequest(method: "POST", path: "/v1/connections/default/check")))
            .take()
    }

    @Test func `are checked, with a hint where something is to be done`() async throws {
        let service = Service(check: { name in
            [CheckResult(name: "login", status: .ok), CheckResult(name: name, status: .denied, hint: "Grant \"it\".")]
        })
        let answer = try await check(service)
        #expect(answer.status == 200)
        #expect(
            answer.text == #"{"connection":"default","checks":[{"name":"login","status":"ok","hint":null},"#
                + #"{"name":"default","status":"denied","hint":"Grant \"it\"."}]}"#)
    }

    @Test func `are not checked for ever, and the check is cancelled`() async throws {
        let wasCancelled = Locked(false)
        var limits = ControlAPILimits()
        limits.checkSeconds = 0.05
        let service = Service(
            check: { _ in
                // Ends with its cancellation.
                try? await Task.sleep(for: .seconds(60))
                wasCancelled.withLock { $0 = Task.isCancelled }
                return []
            }, limits: limits)
        #expect(try await check(service).status == 504)
        try await poll { wasCancelled.withLock { $0 } }
    }

    @Test func `are not checked more often at a time than allowed`() async throws {
        var limits = ControlAPILimits()
        limits.checksMax = 1
        let mayEnd = Locked(false)
        let service = Service(
            check: { _ in
                try? await poll { mayEnd.withLock { $0 } }
                return []
            }, limits: limits)
        let request = HTTPRequest(method: "POST", path: "/v1/connections/default/check")
        let first = Inbox(service.api.router.handle(request))
        #expect(try await check(service).status == 503)
        mayEnd.withLock { $0 = true }
        #expect(try await first.take().status == 200)
        #expect(try await check(service).status == 200)
    }

    @Test func `can't be checked where the service has no way to`() {
        #expect(Service().call("POST", "/v1/connections/default/check").status == 501)
    }
}

@Suite struct `A report` {
    private func prepared() -> (Service, Job) {
        let service = Service()
        let job = service.addJob(.succeeded)
        var report = ImportReport()
        report.add(.machines, read: 3, mapped: 2)
        report.addSkipped([SkippedRecord(kind: .machines, id: "<b>|`\n# x", reason: "invalid_id")])
        var written = ImportReport.Written()
        written.sent = 2
        written.confirmed = 2
        report.objects["asset"] = written
        service.store.setReport(report, of: job.id)
        return (service, job)
    }

    @Test func `is JSON unless Markdown is preferred`() {
        let (service, job) = prepared()
        for (accept, type) in [
            ("", "application/json"), ("*/*", "application/json"), ("text/*", "text/markdown; charset=utf-8"),
            ("text/markdown", "text/markdown; charset=utf-8"),
            ("text/markdown;q=0.5, application/json", "application/json"),
        ] {
            let answer = service.call("GET", "/v1/jobs/\(job.id)/report", headers: ["Accept": accept])
            #expect(answer.headers["Content-Type"] == type)
        }
        #expect(service.call("GET", "/v1/jobs/\(job.id)/report", headers: ["Accept": "image/png"]).status == 406)
    }

    @Test func `counts per kind and says whether the sums match`() {
        let (service, job) = prepared()
        let answer = service.call("GET", "/v1/jobs/\(job.id)/report")
        #expect(answer.json["balanced"] as? Bool == true)
        #expect(answer.json["final"] as? Bool == true)
        #expect(answer.text.contains(#""records":{"machines":{"read":3,"mapped":2,"skipped":{"invalid_id":1}}}"#))
        #expect(
            answer.text.contains(
                #""objects":{"asset":{"sent":2,"confirmed":2,"created":0,"updated":0,"disabled":0,"deleted":0}}"#))
    }

    @Test func `as Markdown keeps outside text inside its cell`() {
        let (service, job) = prepared()
        let text = service.call("GET", "/v1/jobs/\(job.id)/report", headers: ["Accept": "text/markdown"]).text
        #expect(text.contains("| machines | 3 | 2 | invalid_id: 1 |\n"))
        #expect(text.contains("| machines | &lt;b&gt;\\|\\` \\# x | invalid_id |\n"))
    }

    @Test func `that is not there yet is told apart from a job that is not there`() {
        let service = Service()
        #expect(service.call("GET", "/v1/jobs/\(service.addJob().id)/report").string("code") == "no_report")
        #expect(service.call("GET", "/v1/jobs/01JD0000000000000000000000/report").string("code") == "unknown_job")
    }
}
