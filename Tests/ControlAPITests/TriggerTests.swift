import ConnectorCore
import Foundation
import MicroHTTP
import Testing

@testable import ControlAPI

@Suite struct `Starting a run` {
    @Test func `a POST without a body is a complete request`() {
        let service = Service()
        let answer = service.call("POST", "/v1/imports/incremental")
        #expect(answer.status == 202)
        #expect(answer.string("state") == "queued")
        #expect(answer.string("kind") == "incremental")
        #expect(answer.string("connection") == "default")
        #expect(answer.headers["Location"] == "/v1/jobs/\(answer.string("id") ?? "")")
        #expect(answer.headers["Retry-After"] == "2")
        #expect(answer.headers["Cache-Control"] == "no-store")
        #expect(service.queue.wakes == 1)
    }

    @Test func `curl's default content type is fine with an empty body`() {
        let headers: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        #expect(Service().call("POST", "/v1/imports/initial", headers: headers).status == 202)
    }

    @Test func `a queued run satisfies a second request`() {
        let service = Service()
        let first = service.call("POST", "/v1/imports/initial")
        let second = service.call("POST", "/v1/imports/initial")
        #expect(second.status == 202)
        #expect(first.string("id") == second.string("id"))
        #expect(service.store.count == 1)
    }

    @Test func `a running one does not, so one more is queued and no more than one`() {
        let service = Service()
        service.addJob(.running)
        let first = service.call("POST", "/v1/imports/incremental")
        let second = service.call("POST", "/v1/imports/incremental")
        #expect(first.string("state") == "queued")
        #expect(first.string("id") == second.string("id"))
        #expect(service.store.count == 2)
    }

    @Test func `kinds and connections do not stand in for each other`() {
        let service = Service(connections: [ConnectionInfo(name: "a"), ConnectionInfo(name: "b")])
        let ids = ["a", "b"].flatMap { name in
            ["initial", "incremental"].map { kind in
                service.call("POST", "/v1/imports/\(kind)", body: "{\"connection\":\"\(name)\"}").string("id")
            }
        }
        #expect(Set(ids).count == 4)
    }

    @Test func `options in the body reach the job`() throws {
        let service = Service()
        let body = #"{"alerts":false,"vulnerabilities":true,"connection":"default"}"#
        let answer = service.call(
            "POST", "/v1/imports/initial", headers: ["Content-Type": "application/json; charset=utf-8"], body: body)
        let id = try #require(JobID(answer.string("id") ?? ""))
        #expect(try service.store.job(id)?.options == JobOptions(alerts: false, vulnerabilities: true))
    }

    @Test(arguments: [
        (#"{"alert":false}"#, ["alert"]),
        (#"{"alerts":"no"}"#, ["alerts"]),
        (#"{"alerts":null}"#, ["alerts"]),
        (#"{"alerts":0,"vulnerabilities":[],"connection":5}"#, ["alerts", "vulnerabilities", "connection"]),
        (#"{"connection":"other"}"#, ["connection"]),
        (#"{"connection":""}"#, ["connection"]),
        (#"{"z":1,"b":{"c":[{}]}}"#, ["b", "z"]),
    ])
    func `names every bad member at once`(body: String, fields: [String]) {
        let service = Service()
        let answer = service.call("POST", "/v1/imports/initial", body: body)
        #expect(answer.status == 400)
        #expect(answer.string("code") == "invalid_body")
        #expect(answer.badFields == fields)
        #expect(answer.headers["Content-Type"] == "application/problem+json")
        #expect(service.store.count == 0)
    }

    @Test(arguments: ["{", "[]", "true", "\"text\"", "12", "null", "{\"a\":1}}", " ", "{\"alerts\":tru}", "{'a':1}"])
    func `refuses a body that is no JSON object`(body: String) {
        let answer = Service().call("POST", "/v1/imports/initial", body: body)
        #expect(answer.status == 400)
        #expect(answer.string("code") == "malformed_body")
    }

    @Test func `survives bytes that are not text and nesting without end`() {
        let service = Service()
        for body in [[0xff, 0xfe, 0x7b], [UInt8](repeating: UInt8(ascii: "["), count: 16_000)] as [[UInt8]] {
            let request = HTTPRequest(method: "POST", path: "/v1/imports/initial", body: body)
            #expect(Answer(service.api.router.handle(request)).status == 400)
        }
    }

    @Test(arguments: [
        #"{"alerts":true,"alerts":false}"#, #"{"alerts":true, "vulnerabilities":true ,"\u0061lerts" : true}"#,
        #"{"alerts":true,"alerts":{"alerts":1},"alerts":[{"alerts":2}]}"#,
    ])
    func `names a member that is given twice`(body: String) {
        let answer = Service().call("POST", "/v1/imports/initial", body: body)
        #expect(answer.status == 400)
        #expect(answer.string("code") == "invalid_body")
        #expect(answer.badFields == ["alerts"])
    }

    @Test func `takes no text and no inner member for a second one`() {
        let service = Service(connections: [ConnectionInfo(name: #"a,"alerts":{"b"#)])
        let body = #"{"alerts":true,"connection":"a,\"alerts\":{\"b"}"#
        #expect(service.call("POST", "/v1/imports/initial", body: body).status == 202)
    }

    @Test func `refuses another media type`() {
        let form: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        #expect(Service().call("POST", "/v1/imports/initial", headers: form, body: "{}").status == 415)
    }

    @Test(arguments: [
        (#"{"connection":"\ud800"}"#, "malformed_body"), (#"{"\ud800":true}"#, "malformed_body"),
        (#"{"x":{"\udc00":1}}"#, "malformed_body"), (#"{"connection":1e400}"#, "invalid_body"),
        (#"{"connection":null}"#, "invalid_body"), (#"{"connection":[1]}"#, "invalid_body"),
    ])
    func `tells text that can't be decoded from another type`(body: String, code: String) {
        let answer = Service().call("POST", "/v1/imports/initial", body: body)
        #expect(answer.status == 400)
        #expect(answer.string("code") == code)
    }

    @Test(arguments: [("gzip", 415), ("identity, br", 415), ("identity", 202), ("Identity", 202), ("", 202)])
    func `refuses an encoded body`(encoding: String, status: Int) {
        let headers: HTTPHeaders = ["Content-Encoding": encoding]
        let answer = Service().call("POST", "/v1/imports/initial", headers: headers, body: "{}")
        #expect(answer.status == status)
        #expect(answer.headers["Accept-Encoding"] == (status == 415 ? "identity" : nil))
        #expect(Service().call("POST", "/v1/imports/initial", headers: headers).status == 202)
    }

    @Test func `with several connections the body must name one, and the error lists them`() {
        let service = Service(connections: [ConnectionInfo(name: "east"), ConnectionInfo(name: "west")])
        let answer = service.call("POST", "/v1/imports/initial")
        #expect(answer.status == 400)
        #expect(answer.badFields == ["connection"])
        #expect(answer.text.contains("east, west"))
    }

    @Test func `an idempotency key gives the same job, and 422 for another request`() {
        let service = Service()
        let headers: HTTPHeaders = ["Idempotency-Key": "nightly-1"]
        let first = service.call("POST", "/v1/imports/initial", headers: headers)
        for state in [JobState.running, .succeeded] {
            service.store.change(JobID(first.string("id") ?? "") ?? service.addJob().id) { $0.state = state }
            let again = service.call("POST", "/v1/imports/initial", headers: headers)
            #expect(again.status == 202)
            #expect(again.string("id") == first.string("id"))
        }
        let other = service.call("POST", "/v1/imports/initial", headers: headers, body: #"{"alerts":false}"#)
        #expect(other.status == 422)
        #expect(other.string("code") == "idempotency_key_reused")
    }

    @Test(arguments: ["", String(repeating: "k", count: 256), "a\u{e9}", "tab\there"])
    func `refuses an idempotency key that can't be one`(key: String) {
        let answer = Service().call("POST", "/v1/imports/initial", headers: ["Idempotency-Key": key])
        #expect(answer.status == 400)
        #expect(answer.badFields == ["Idempotency-Key"])
    }

    @Test func `takes no runs while the service stops`() {
        let service = Service()
        service.queue.drain()
        let answer = service.call("POST", "/v1/imports/initial")
        #expect(answer.status == 503)
        #expect(answer.headers["Retry-After"] == "30")
        #expect(service.store.count == 0)
    }

    @Test func `answers 405 with Allow to another method`() {
        let answer = Service().call("GET", "/v1/imports/initial")
        #expect(answer.status == 405)
        #expect(answer.headers["Allow"]?.contains("POST") == true)
    }
}
