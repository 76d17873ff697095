import ConnectorCore
import Foundation
import MicroHTTP
import Testing

@testable import ControlAPI

@Suite struct `Parameters that nobody knows` {
    @Test(arguments: [
        ("POST", "/v1/imports/initial"), ("GET", "/v1/jobs"), ("GET", "/v1/jobs/ID"), ("POST", "/v1/jobs/ID/cancel"),
        ("GET", "/v1/jobs/ID/events"), ("GET", "/v1/jobs/ID/report"), ("GET", "/v1/connections"),
        ("GET", "/v1/connections/default"), ("POST", "/v1/connections/default/check"),
    ])
    func `are refused on every route`(method: String, path: String) {
        let service = Service(check: { _ in [] })
        let target = path.replacingOccurrences(of: "ID", with: service.addJob().id.text)
        let answer = service.call(method, target + "?dryRun=true")
        #expect(answer.status == 400)
        #expect(answer.string("code") == "invalid_parameter")
        #expect(answer.badFields == ["dryRun"])
    }
}

@Suite struct `Listing jobs` {
    private func ids(_ answer: Answer) -> [String] {
        (answer.json["jobs"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
    }

    @Test func `pages with an opaque cursor reach every job once, newest first`() {
        let service = Service()
        let all = (0..<7).map { service.addJob(.succeeded, second: $0).id.text }
        var seen: [String] = []
        var target = "/v1/jobs?limit=3"
        for _ in 0..<5 {
            let answer = service.call("GET", target)
            #expect(answer.status == 200)
            seen += ids(answer)
            guard let next = answer.string("nextCursor") else {
                #expect(answer.headers["Link"] == nil)
                break
            }
            #expect(
                next.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=") })
            target = "/v1/jobs?limit=3&cursor=\(next)"
            #expect(answer.headers["Link"] == "<\(target)>; rel=\"next\"")
        }
        #expect(seen == all.reversed())
    }

    @Test func `the last page has no cursor`() {
        let answer = Service().call("GET", "/v1/jobs")
        #expect(answer.text == #"{"jobs":[],"nextCursor":null}"#)
    }

    @Test func `filters combine, and the link to the next page keeps them`() {
        let service = Service()
        service.addJob(.failed, kind: .initial, connection: "a b", second: 1)
        let wanted = (2..<4).map { service.addJob(.failed, kind: .incremental, connection: "a b", second: $0).id.text }
        service.addJob(.succeeded, kind: .incremental, connection: "a b", second: 5)
        let answer = service.call("GET", "/v1/jobs?connection=a%20b&kind=incremental&state=failed&limit=1")
        #expect(ids(answer) == [wanted[1]])
        let link = answer.headers["Link"] ?? ""
        #expect(link.hasPrefix("</v1/jobs?connection=a%20b&kind=incremental&state=failed&limit=1&cursor="))
    }

    @Test(arguments: [
        ("limit=0", ["limit"]), ("limit=201", ["limit"]), ("limit=+5", ["limit"]), ("limit=5x", ["limit"]),
        ("limit=99999999999999999999", ["limit"]), ("kind=full", ["kind"]), ("state=done&kind=x", ["kind", "state"]),
        ("cursor=%21%21", ["cursor"]), ("cursor=MTphYmM", ["cursor"]), ("cursor=", ["cursor"]), ("sort=up", ["sort"]),
        ("limit=1&limit=2", ["limit"]), ("connection=", ["connection"]),
    ])
    func `names every bad parameter`(query: String, fields: [String]) {
        let answer = Service().call("GET", "/v1/jobs?\(query)")
        #expect(answer.status == 400)
        #expect(answer.string("code") == "invalid_parameter")
        #expect(answer.badFields == fields)
    }
}

@Suite struct `A job` {
    @Test func `is shown exactly as the contract says`() throws {
        let service = Service()
        let id = try #require(JobID("01JD0000000000000000000000"))
        service.store.add(
            Job(
                id: id, kind: .incremental, connection: "default", state: .failed, trigger: .schedule,
                createdAt: Timestamp(milliseconds: 1_795_468_509_483), attempt: 2, effectiveKind: .initial,
                fallbackReason: "no save point in CAR", savePoint: SavePointRange(from: "1", to: "2"),
                progress: JobProgress(
                    phase: .details, machines: .init(done: 1, total: 5), requests: .init(defender: 4, car: 8),
                    etaSeconds: 90), failure: .dataSource(.unreachable, "no \"route\"\n<b>"), version: 7))
        let answer = service.call("GET", "/v1/jobs/\(id)")
        #expect(answer.headers["ETag"] == "\"7\"")
        #expect(
            answer.text == """
                {"id":"01JD0000000000000000000000","kind":"incremental","connection":"default","state":"failed",\
                "trigger":"schedule","options":{"alerts":null,"vulnerabilities":null},\
                "createdAt":"2026-11-23T21:15:09.483Z","startedAt":null,"endedAt":null,"attempt":2,\
                "effectiveKind":"initial","fallbackReason":"no save point in CAR","savePoint":{"from":"1","to":"2"},\
                "progress":{"phase":"details","machines":{"done":1,"total":5},"requests":{"defender":4,"car":8},\
                "etaSeconds":90,"forecast":null,"waitingUntil":null},\
                "failure":{"class":"datasource","code":51,"message":"no \\"route\\"\\n\\u003cb\\u003e",\
                "retryable":true},"links":{"self":"/v1/jobs/01JD0000000000000000000000",\
                "events":"/v1/jobs/01JD0000000000000000000000/events",\
                "report":"/v1/jobs/01JD0000000000000000000000/report"}}
                """)
    }

    @Test(arguments: ["01JD0000000000000000000000", "x", "01jd0000000000000000000000", "%00", "..", "%2e%2e"])
    func `that does not exist is 404 or 400, never anything else`(id: String) {
        for (method, suffix) in [("GET", ""), ("GET", "/events"), ("GET", "/report"), ("POST", "/cancel")] {
            let status = Service().call(method, "/v1/jobs/\(id)\(suffix)").status
            #expect(status == 404 || status == 400)
        }
    }

    @Test func `that runs is cancelled, again with the same answer, and not once it has ended`() {
        let service = Service()
        let job = service.addJob(.running)
        for _ in 0..<2 {
            let answer = service.call("POST", "/v1/jobs/\(job.id)/cancel")
            #expect(answer.status == 202)
            #expect(answer.string("state") == "cancelling")
        }
        #expect(service.queue.cancelled.first == job.id)
        service.store.change(job.id) { $0.state = .succeeded }
        let late = service.call("POST", "/v1/jobs/\(job.id)/cancel")
        #expect(late.status == 409)
        #expect(late.string("code") == "job_ended")
    }

    @Test func `that is queued is cancelled without the queue's help`() {
        let service = Service()
        let job = service.addJob(.queued)
        #expect(service.call("POST", "/v1/jobs/\(job.id)/cancel").string("state") == "cancelled")
        #expect(service.queue.cancelled.isEmpty)
    }

    @Test func `keeps hostile text harmless in JSON`() throws {
        let service = Service()
        let job = service.addJob(.failed, connection: "</script><img src=x>\u{2028}\"\\\u{0}")
        let message = "line\r\nid: 9\n\nevent: state\u{7f}&amp;"
        service.store.change(job.id) { $0.failure = .internal(message) }
        let answer = service.call("GET", "/v1/jobs/\(job.id)")
        #expect(!answer.text.contains("<") && !answer.text.contains("\n") && !answer.text.contains("\r"))
        #expect(answer.string("connection") == "</script><img src=x>\u{2028}\"\\\u{0}")
        #expect((answer.json["failure"] as? [String: Any])?["message"] as? String == message)
    }
}
