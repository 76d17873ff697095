import MicroHTTP
import Testing

@testable import Sandbox

@Suite struct `CAR imports are checked` {
    private static func edges(_ kind: String, _ from: (String, String), _ to: (String, String)) -> (String, JSONValue) {
        (kind, [CARProbe.edge(from, to)])
    }

    static let good: [(String, JSONValue)] = [
        ("asset", [["external_id": "m1", "name": "n", "description": "d", "risk": 10, "business_value": 1]]),
        ("ipaddress", [["_key": "10.0.0.1", "name": "10.0.0.1"], ["_key": "fe80::1"]]),
        (
            "macaddress",
            [["_key": "AA:BB:CC:DD:EE:FF", "name": "AA:BB:CC:DD:EE:FF"], ["_key": "02:00:00:FF:FE:00:00:21"]]
        ),
        ("hostname", [["_key": "h", "host_name": "h", "external_id": "h", "description": "Host name"]]),
        ("user", [["external_id": "u", "username": "u"]]), ("account", [["external_id": "u", "name": "u"]]),
        ("application", [["external_id": "a", "name": "a", "is_os": true, "tag": ["x"], "properties": ["k": "v"]]]),
        ("vulnerability", [["external_id": "v", "name": "v", "base_score": 9.8, "published_on": 1_600_000_000_000]]),
        edges("asset_hostname", ("_from_external_id", "m1"), ("_to", "hostname/h")),
        edges("account_hostname", ("_from_external_id", "u"), ("_to", "hostname/h")),
        edges("account_hostname", ("_from_external_id", "u"), ("_to_external_id", "h")),
        edges("ipaddress_macaddress", ("_from", "ipaddress/10.0.0.1"), ("_to", "macaddress/AA:BB:CC:DD:EE:FF")),
        edges("application_vulnerability", ("_from_external_id", "a"), ("_to_external_id", "v")),
    ]

    @Test(arguments: good.indices) func `takes what the schema allows`(index: Int) throws {
        let answer = try CARProbe().send([Self.good[index]])
        #expect(answer.status == 200, "\(answer.errorMessage)")
        #expect(answer.json["status"] == "INPROGRESS")
    }

    static let bad: [(String, JSONValue)] = [
        ("assets", [["external_id": "m1", "name": "n"]]), ("asset", ["external_id": "m1", "name": "n"]),
        ("asset", ["m1"]),
        ("asset", [["name": "n"]]), ("asset", [["external_id": "m1"]]), ("asset", [["external_id": 1, "name": "n"]]),
        ("asset", [["external_id": "m1", "name": nil]]), ("asset", [["external_id": "m1", "name": ""]]),
        ("asset", [["external_id": "m1", "name": "n", "surplus": 1]]),
        ("asset", [["external_id": "m1", "name": "n", "risk": 11]]),
        ("asset", [["external_id": "m1", "name": "n", "business_value": 0]]),
        ("asset", [["external_id": "m1", "name": "n", "description": nil]]),
        ("asset", [["external_id": "m1", "name": "n", "tag": "x"]]),
        ("asset", [["external_id": "m1", "name": "n", "properties": ["k": 1]]]),
        ("ipaddress", [["name": "10.0.0.1"]]), ("ipaddress", [["_key": "fe80::1%eth0"]]),
        ("ipaddress", [["_key": "10.0.0.0/24"]]),
        ("ipaddress", [["_key": ""]]), ("ipaddress", [["_key": "10.0.0.1", "name": "10.0.0.2"]]),
        ("macaddress", [["_key": "AA-BB-CC-DD-EE-FF"]]), ("macaddress", [["_key": "AABBCCDDEEFF"]]),
        ("macaddress", [["_key": "AA:BB:CC:DD:EE"]]), ("macaddress", [["_key": "AA:BB:CC:DD:EE:FF", "name": "x"]]),
        ("hostname", [["_key": "h"]]), ("hostname", [["_key": "h", "host_name": "other"]]),
        ("hostname", [["_key": "a&b", "host_name": "a&b"]]), ("hostname", [["_key": "", "host_name": ""]]),
        ("user", [["username": "u"]]), ("account", [["external_id": "u"]]), ("application", [["name": "a"]]),
        ("application", [["external_id": "a", "name": "a", "is_os": "true"]]),
        ("vulnerability", [["external_id": "v", "name": "v", "base_score": "9.8"]]),
        ("vulnerability", [["external_id": "v", "name": "v", "base_score": 10.5]]),
        ("vulnerability", [["external_id": "v", "name": "v", "base_score": nil]]),
        ("vulnerability", [["external_id": "v", "name": "v", "published_on": 1_600_000_000]]),
        ("vulnerability", [["external_id": "v", "name": "v", "published_on": "2020-01-01"]]),
        edges("asset_hostname", ("_from_external_id", "m1"), ("_to_external_id", "h")),
        edges("asset_hostname", ("_from_external_id", "m1"), ("_to", "h")),
        edges("asset_hostname", ("_from_external_id", "m1"), ("_to", "hostname/")),
        edges("asset_hostname", ("_from_external_id", "m1"), ("_to", "ipaddress/h")),
        edges("asset_hostname", ("_from", "asset/m1"), ("_to", "hostname/h")),
        edges("asset_account", ("_from_external_id", "m1"), ("_to_external_id", "")),
        edges("asset_nothing", ("_from_external_id", "m1"), ("_to_external_id", "x")),
        (
            "asset_account",
            [["_from_external_id": "m1", "_to_external_id": "u", "report": "1", "source": "S", "active": true]]
        ),
        ("asset_account", [["_from_external_id": "m1", "_to_external_id": "u"]]),
        ("asset_account", [CARProbe.edge(("_from_external_id", "m1"), ("_to_external_id", "u"), run: "2")]),
    ]

    @Test(arguments: bad.indices) func `refuses what the schema forbids`(index: Int) throws {
        let probe = CARProbe()
        let answer = try probe.send([Self.bad[index]])
        #expect(answer.status == 400)
        #expect(answer.json["errors"]?[0]["code"] == "data_mal_formed")
        #expect(answer.errorMessage.hasPrefix(Self.bad[index].0))
        #expect(probe.simulator.counters.imports == 0)
    }

    static let badBodies: [JSONValue] = [
        [:], [], ["source": ["_key": "S"]], ["report": ["_key": "1", "timestamp": CARProbe.timestamp]],
        ["source": [:], "report": ["_key": "1", "timestamp": CARProbe.timestamp]],
        ["source": ["_key": "a b"], "report": ["_key": "1", "timestamp": CARProbe.timestamp]],
        ["source": ["_key": "S"], "report": ["_key": "1"]],
        ["source": ["_key": "S"], "report": ["_key": "1", "timestamp": 1_795_176_000]],
        ["source": ["_key": "S"], "report": ["_key": "1", "timestamp": "1795176000000"]],
        ["source": ["_key": "S"], "report": ["_key": 1, "timestamp": CARProbe.timestamp]],
        ["source": ["_key": "S", "surplus": 1], "report": ["_key": "1", "timestamp": CARProbe.timestamp]],
    ]

    @Test(arguments: badBodies.indices) func `refuses an envelope without proper source and report`(index: Int) throws {
        #expect(try CARProbe().send("POST", "/v2/imports", body: Self.badBodies[index]).status == 400)
    }

    @Test func `takes 2,000 objects and not one more`() throws {
        func assets(_ count: Int) -> JSONValue {
            .array((0..<count).map { ["external_id": .string("m\($0)"), "name": "n"] })
        }
        #expect(try CARProbe().send([("asset", assets(2000))]).status == 200)
        #expect(try CARProbe().send([("asset", assets(2001))]).status == 400)
        #expect(try CARProbe { $0.unchecked = true }.send([("asset", assets(2001))]).status == 200)
    }

    @Test func `wants credentials, JSON and short targets`() throws {
        let probe = CARProbe()
        let pair = "c2FuZGJveC1jYXIta2V5OnNhbmRib3gtY2FyLXBhc3N3b3Jk"
        #expect(try probe.send("GET", "/v2/databases", authorization: "Basic \(pair)").status == 200)
        #expect(try probe.send("GET", "/v2/databases", authorization: "Basic \(pair)x").status == 401)
        #expect(try probe.send("GET", "/v2/databases", authorization: "").status == 401)
        let long = String(repeating: "a", count: 2048)
        #expect(try probe.send("GET", "/v2/importstatus", [("ids", long)]).status == 414)
        let plain = HTTPRequest(
            method: "POST", path: "/api/car/v2/imports",
            headers: ["Authorization": "car-token \(SandboxOptions.demoCARToken)", "Content-Type": "text/plain"],
            body: [0x7b])
        #expect(try probe.simulator.handle(plain).status == 415)
        #expect(try probe.send("PUT", "/v2/imports").status == 404)
    }
}
