import Foundation
import Testing

@testable import Sandbox

@Suite struct `CAR graph` {
    private static let asset: (String, JSONValue) = (
        "asset", [["external_id": "m1", "name": "n"], ["external_id": "m2", "name": "n"]]
    )
    private static let host: (String, JSONValue) = ("hostname", [["_key": "h", "host_name": "h", "external_id": "h"]])

    private static func hostEdge(_ asset: String = "m1", run: String = "1") -> (String, JSONValue) {
        ("asset_hostname", [CARProbe.edge(("_from_external_id", asset), ("_to", "hostname/h"), run: run)])
    }

    private func filled(_ change: (inout SandboxOptions) -> Void = { _ in }) throws -> CARProbe {
        let probe = CARProbe(change)
        try probe.send([Self.asset, Self.host])
        try probe.send([Self.hostEdge()])
        return probe
    }

    @Test func `holds what was imported`() throws {
        let graph = try filled().simulator.graph(source: "S")
        #expect(graph.vertices["asset"]?.keys.sorted() == ["m1", "m2"])
        #expect(graph.edges["asset_hostname"] == [GraphImage.Edge(from: "m1", to: "h")])
    }

    @Test func `drops and counts an edge whose vertex isn't there`() throws {
        let probe = try filled()
        try probe.send([Self.hostEdge("m9")])
        #expect(probe.simulator.counters.dangling == 1)
        #expect(probe.simulator.graph(source: "S").edgeCount == 1)
    }

    @Test func `fails the import of a dangling edge when told so`() throws {
        let probe = try filled { $0.carFailsDanglingEdges = true }
        let id = try #require(try probe.send([Self.hostEdge("m9")]).json["id"]?.stringValue)
        let status = try probe.send("GET", "/v2/importstatus", [("ids", id)]).json
        #expect(status["error_imports"]?[0]["id"]?.stringValue == id)
        #expect(status["error_imports"]?[0]["statusCode"] == 400)
        #expect(status["incomplete_imports"] == [])
    }

    @Test func `retires on leaving a session what it did not report`() throws {
        let probe = try filled()
        #expect(try probe.job("POST", "/v2/source/S/full-import-in-progress") == "COMPLETE")
        try probe.send([("asset", [["external_id": "m1", "name": "n"]]), Self.host], run: "2")
        #expect(probe.simulator.graph(source: "S").vertexCount == 3)
        #expect(try probe.job("DELETE", "/v2/source/S/full-import-in-progress") == "COMPLETE")
        let graph = probe.simulator.graph(source: "S")
        #expect(graph.vertices["asset"]?.keys.sorted() == ["m1"])
        #expect(graph.edgeCount == 0)
        let counters = probe.simulator.counters
        #expect(counters.sessionsEntered == ["S": 1] && counters.sessionsLeft == ["S": 1])
        #expect(counters.retiredVertices == 1 && counters.retiredEdges == 1)
    }

    @Test func `counts vertices that a run sends twice`() throws {
        let probe = try filled()
        try probe.send([Self.host])
        try probe.send([Self.host], run: "2")
        #expect(probe.simulator.counters.repeatedVertices == 1)
    }

    @Test func `patches edges that exist`() throws {
        let probe = try filled()
        func patch(_ to: String, _ body: JSONValue) throws -> Int {
            try probe.send("PATCH", "/v2/asset_hostname", [("source", "S"), ("from", "m1"), ("to", to)], body: body)
                .status
        }
        #expect(try patch("h", ["last_modified": 1_795_176_000_000]) == 200)
        let edge = GraphImage.Edge(from: "m1", to: "h")
        #expect(probe.simulator.graph(source: "S").lastModified["asset_hostname"] == [edge: 1_795_176_000_000])
        #expect(try patch("h", ["last_modified": 1_795_176_000]) == 400)
        #expect(try patch("h", ["active": "no"]) == 400)
        #expect(try patch("h", ["surplus": 1]) == 400)
        #expect(try patch("h", [:]) == 400)
        #expect(try patch("nowhere", ["active": false]) == 404)
        #expect(try patch("h", ["active": false]) == 200)
        #expect(probe.simulator.graph(source: "S").edgeCount == 0)
        #expect(try patch("h", ["active": false]) == 200)
    }

    @Test func `deletes a vertex with its edges`() throws {
        let probe = try filled()
        #expect(try probe.send("DELETE", "/v2/source/S/asset", [("keys", "m1")]).status == 400)
        #expect(try probe.send("DELETE", "/v2/source/S/nothing", [("external_ids", "m1")]).status == 404)
        #expect(try probe.send("DELETE", "/v2/source/T/asset", [("external_ids", "m1")]).status == 404)
        #expect(try probe.send("DELETE", "/v2/source/S/asset", [("external_ids", "m1,m7")]).status == 200)
        let graph = probe.simulator.graph(source: "S")
        #expect(graph.vertices["asset"]?.keys.sorted() == ["m2"] && graph.edgeCount == 0)
        try probe.send([Self.asset])
        #expect(probe.simulator.graph(source: "S").vertices["asset"]?.count == 2)
    }

    @Test func `keeps a save point of a known source`() throws {
        let probe = CARProbe()
        #expect(try probe.send("GET", "/v2/source/S").status == 404)
        #expect(try probe.send("PATCH", "/v2/source", [("key", "S")], body: ["model_state_id": "7"]).status == 404)
        try probe.send([])
        #expect(try probe.send("GET", "/v2/source/S").json["model_state_id"] == "")
        #expect(try probe.send("PATCH", "/v2/source", [("key", "S")], body: ["model_state_id": 7]).status == 400)
        #expect(try probe.send("PATCH", "/v2/source", [("key", "S")], body: ["model_state_id": "7"]).status == 200)
        #expect(try probe.send("GET", "/v2/source/S").json["model_state_id"] == "7")
        #expect(probe.simulator.counters.savePointWrites == 1)
    }

    @Test func `sets up a database step by step`() throws {
        let probe = CARProbe { $0.carDatabase = .notSetUp }
        func database() throws -> JSONValue { try probe.send("GET", "/v2/databases").json["databases"]?[0] ?? .null }
        #expect(try probe.send("GET", "/v2/databases").status == 400)
        #expect(try probe.job("POST", "/v2/databases") == "COMPLETE")
        #expect(try database()["graph_name"] == "")
        #expect(try probe.job("PATCH", "/v2/databases", body: ["graph_name": "assets"]) == "COMPLETE")
        let missing = try #require(try database()["collections_without_indexes"])
        #expect(missing.arrayValue?.isEmpty == false)
        #expect(try probe.job("PATCH", "/v2/databases", body: ["collections_without_indexes": missing]) == "COMPLETE")
        #expect(try database()["is_ready"] == true)
    }

    @Test func `throttles above twenty unfinished imports`() throws {
        let probe = CARProbe()
        probe.simulator.faults.set([Fault("car.imports", .importHangs, count: nil)])
        for _ in 0..<20 { #expect(try probe.send([Self.asset]).status == 200) }
        #expect(try probe.send([Self.asset]).status == 429)
        #expect(probe.simulator.counters.unfinishedPeak == 20)
    }

    @Test(.timeLimit(.minutes(2))) func `applies imports later when there is a delay`() async throws {
        let probe = CARProbe { $0.carDelayMillisecondsMaximum = 20 }
        let id = try #require(try probe.send([Self.asset]).json["id"]?.stringValue)
        var isDone = false
        while !isDone, !Task.isCancelled {
            isDone = try probe.send("GET", "/v2/importstatus", [("ids", id)]).json["incomplete_imports"] == []
            await Task.yield()
        }
        #expect(isDone)
        #expect(probe.simulator.graph(source: "S").vertexCount == 2)
    }

    @Test func `answers queries over the current graph`() throws {
        let probe = try filled()
        func query(_ text: String) throws -> JSONValue {
            try probe.send("POST", "/v3/query", body: ["query": .string(text)]).json
        }
        let assets = try query(
            "{ asset(where:{source:{_eq:\"S\"}}, limit: 1, offset: 1, order_by: {external_id: asc}) { external_id name } }"
        )
        #expect(assets == ["data": ["asset": [["external_id": "m2", "name": "n"]]]])
        let edges = try query(
            "query { asset_hostname(where: {_and: [{asset_id: {_in: [\"S/m1\"]}}]}) { asset_id hostname_id source } }")
        #expect(edges["data"]?["asset_hostname"] == [["asset_id": "S/m1", "hostname_id": "h", "source": "S"]])
        for bad in [
            "{ asset(where:" + String(repeating: "{_and:[", count: 50_000),
            "{", "{ nothing { x } }", "{ asset { nothing } }", "{ asset(where:{name:{_like:\"x\"}}) { name } }", "x",
        ] {
            #expect(try query(bad)["errors"] != nil)
        }
        #expect(try probe.send("GET", "/v3/health").json == ["message": "ok"])
        #expect(
            try probe.send("GET", "/v3/importSchema", [("version", "v2")]).json["schema"]?["properties"]?["asset"]
                != nil)
    }
}
