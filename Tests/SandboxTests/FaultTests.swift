import MicroHTTP
import Testing

@testable import Sandbox

@Suite struct `Faults` {
    @Test func `hit as many requests as asked, after those that pass`() throws {
        let probe = try DefenderProbe()
        probe.simulator.faults.set([Fault("machines", .status(503), after: 1, count: 2)])
        let statuses = try (0..<4).map { _ in try probe.get("/api/machines").status }
        #expect(statuses == [200, 503, 503, 200])
        #expect(probe.simulator.faults.hits == ["machines": 2])
    }

    @Test func `answer in every broken way`() throws {
        let probe = try DefenderProbe()
        func answer(_ kind: Fault.Kind) throws -> HTTPResponse {
            probe.simulator.faults.set([Fault("machines", kind)])
            return try probe.get("/api/machines")
        }
        #expect(try answer(.throttle(retryAfterSeconds: 7)).headers["Retry-After"] == "7")
        #expect(try answer(.throttle(retryAfterSeconds: nil)).headers["Retry-After"] == nil)
        #expect(try answer(.html(status: 502)).headers["Content-Type"] == "text/html")
        #expect(try answer(.wrongJSON).json == .null)
        #expect(try answer(.wrongShape).json == ["unexpected": true])
        #expect(try answer(.empty).bytes.isEmpty)
        #expect(try answer(.truncate).json == .null)
        #expect(try answer(.status(403)).errorCode == "Forbidden")
        guard case .abort = try answer(.resetAfter).body else {
            Issue.record("a reset connection got an answer")
            return
        }
    }

    @Test func `before a request leave no trace, after it they do`() throws {
        let probe = CARProbe()
        probe.simulator.faults.set([Fault("car.imports", .resetBefore), Fault("car.imports", .resetAfter)])
        try probe.send([("asset", [["external_id": "m1", "name": "n"]])])
        #expect(probe.simulator.graph(source: "S").vertexCount == 0)
        try probe.send([("asset", [["external_id": "m1", "name": "n"]])])
        #expect(probe.simulator.graph(source: "S").vertexCount == 1)
    }

    @Test func `fail imports and jobs after they were accepted`() throws {
        let probe = CARProbe()
        probe.simulator.faults.set([
            Fault("car.imports", .importFails(statusCode: 500)), Fault("car.session.enter", .jobFails),
            Fault("car.importstatus", .statusWithoutLists),
        ])
        let id = try #require(try probe.send([]).json["id"]?.stringValue)
        #expect(try probe.send("GET", "/v2/importstatus", [("ids", id)]).json == [:])
        let status = try probe.send("GET", "/v2/importstatus", [("ids", id)]).json
        #expect(status["error_imports"]?[0]["statusCode"] == 500)
        #expect(try probe.job("POST", "/v2/source/S/full-import-in-progress") == "ERROR")
        #expect(probe.simulator.counters.sessionsEntered.isEmpty)
    }

    @Test func `with a chance are the same for the same seed`() {
        func draw() -> [Bool] {
            let plan = FaultPlan([Fault("machines", .hang, count: nil, probability: 0.3)], seed: 5)
            return (0..<200).map { _ in plan.next("machines") != nil }
        }
        #expect(draw() == draw())
        #expect((30...90).contains(draw().filter(\.self).count))
    }

    @Test func `are set over HTTP`() throws {
        let probe = try DefenderProbe()
        func put(_ body: String) throws -> HTTPResponse {
            try probe.simulator.handle(HTTPRequest(method: "PUT", path: "/_sandbox/faults", body: Array(body.utf8)))
        }
        #expect(
            try put(#"{"faults":[{"endpoint":"machines","kind":"status","status":500,"count":null}]}"#).status == 200)
        #expect(try probe.get("/api/machines").status == 500)
        #expect(try probe.get("/api/machines").status == 500)
        for bad in [
            "", "{}", #"{"faults":[{}]}"#, #"{"faults":[{"endpoint":"x","kind":"hang"}]}"#,
            #"{"faults":[{"endpoint":"machines","kind":"x"}]}"#,
            #"{"faults":[{"endpoint":"machines","kind":"status"}]}"#,
            #"{"faults":[{"endpoint":"machines","kind":"hang","count":"two"}]}"#,
            #"{"faults":[{"endpoint":"machines","kind":"hang","probability":2}]}"#,
            #"{"faults":[{"endpoint":"machines","kind":"hang","often":2}]}"#,
            #"{"faults":[{"endpoint":"machines","kind":"importFails","status":500}]}"#,
            #"{"faults":[],"seed":3}"#,
        ] {
            #expect(try put(bad).status == 400)
        }
    }

    @Test func `name the member that can't be used`() throws {
        let body = #"{"faults":[{"endpoint":"machines","kind":"delay","milliseconds":1,"often":2}]}"#
        let json = try JSONParser.parse(Array(body.utf8))
        #expect(throws: FaultPlan.BadPlan(detail: "faults[0].often: unknown for delay")) {
            try FaultPlan.faults(from: json)
        }
    }

    @Test func `repeat, drop and misdirect pages`() throws {
        let probe = try DefenderProbe()
        func page(_ kind: Fault.Kind?) throws -> JSONValue {
            probe.simulator.faults.set(kind.map { [Fault("machines", $0)] } ?? [])
            return try probe.get("/api/machines", [("$top", "2"), ("$skip", "2")]).json
        }
        let first = try probe.get("/api/machines", [("$top", "2")]).json
        #expect(try page(nil)["value"] != first["value"])
        #expect(try page(.duplicatePage)["value"] == first["value"])
        #expect(try page(.missingPage)["value"] == [])
        let loop = try page(.nextLinkLoops)["@odata.nextLink"]?.stringValue ?? ""
        #expect(loop.contains("$skip=2"))
        #expect(try page(.nextLinkElsewhere)["@odata.nextLink"]?.stringValue?.contains("elsewhere.example") == true)
    }

    @Test func `refuse the tokens given so far once`() throws {
        let probe = try DefenderProbe()
        probe.simulator.faults.set([Fault("machines", .expireTokens)])
        #expect(try probe.get("/api/machines").status == 401)
        #expect(try probe.get("/api/machines").status == 401)
    }
}
