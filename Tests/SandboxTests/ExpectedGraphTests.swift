import Testing

@testable import Sandbox

@Suite struct `Expected graph` {
    private let id = String(repeating: "a1", count: 20)

    private func state(_ change: (inout EstateMachine) -> Void = { _ in }) -> EstateState {
        var state = EstateState(now: fixedTime)
        var machine = EstateMachine(
            index: 0, id: id, computerDnsName: "host.example", firstSeen: fixedTime, lastSeen: fixedTime,
            lastIpAddress: "10.0.0.1", lastExternalIpAddress: "198.51.100.1")
        machine.users = [LogonUser(domain: "corp", name: "kate")]
        machine.networkRows = [
            NetworkRow(
                timestamp: fixedTime.adding(seconds: -60), macAddress: "0A-1B-2C-3D-4E-5F",
                addresses: [
                    ("10.0.0.1", 24, "Private"), ("fd00::1", 64, "Private"), ("fd00::2", 128, "Private"),
                    ("2001:db8::1", 64, "Public"), ("fe80::1%3", 64, "Private"),
                ])
        ]
        machine.software = [SoftwareRow(vendor: "v", name: "n", version: "1", cveId: "CVE-1")]
        change(&machine)
        state.add(machine)
        state.setCVE(CVE(id: "CVE-1", score: .text("7.5"), publishedDate: fixedTime, description: "text"))
        return state
    }

    private func pairs(_ graph: GraphImage, _ kind: String) -> [[String]] {
        (graph.edges[kind] ?? []).sorted().map { [$0.from, $0.to] }
    }

    @Test func `of one machine holds each kind of edge`() {
        let graph = ExpectedGraph.compute(state())
        let mac = "0A:1B:2C:3D:4E:5F"
        #expect(graph.vertices["asset"] == [id: ["name": "host.example", "description": "Windows11 23H2"]])
        #expect(pairs(graph, "asset_hostname") == [[id, "host.example"]])
        #expect(pairs(graph, "asset_application") == [[id, "Windows11"], [id, "v:n:1"]])
        #expect(
            pairs(graph, "asset_ipaddress") == [
                [id, "10.0.0.1"], [id, "198.51.100.1"], [id, "fd00::1"], [id, "fe80::1"],
            ])
        #expect(pairs(graph, "asset_macaddress") == [[id, mac]])
        #expect(pairs(graph, "ipaddress_macaddress") == [["10.0.0.1", mac], ["fd00::1", mac], ["fe80::1", mac]])
        #expect(pairs(graph, "user_account") == [["kate", "kate"]])
        #expect(pairs(graph, "asset_account") == [[id, "kate"]])
        #expect(pairs(graph, "account_hostname") == [["kate", "host.example"]])
        #expect(pairs(graph, "asset_vulnerability") == [[id, "CVE-1"]])
        #expect(pairs(graph, "application_vulnerability") == [["v:n:1", "CVE-1"]])
        #expect(
            graph.vertices["vulnerability"] == [
                "CVE-1": ["name": "CVE-1", "description": "text", "published_on": 1_795_176_000_000, "base_score": 7.5]
            ])
    }

    @Test func `leaves vulnerabilities and alerts out when they are off`() {
        let graph = ExpectedGraph.compute(state(), alerts: false, vulnerabilities: false)
        #expect(graph.vertices["vulnerability"] == nil && pairs(graph, "asset_application") == [[id, "Windows11"]])
    }

    @Test func `names a machine without a name by its id`() {
        for name in [nil, ""] {
            let graph = ExpectedGraph.compute(state { $0.computerDnsName = name })
            #expect(graph.vertices["asset"]?[id]?["name"]?.stringValue == id)
            #expect(graph.vertices["hostname"] == nil && graph.edges["account_hostname"] == nil)
        }
        let odd = ExpectedGraph.compute(state { $0.computerDnsName = "a<b" })
        #expect(odd.vertices["asset"]?[id]?["name"] == "a<b" && odd.vertices["hostname"] == nil)
    }

    @Test func `lets the newest row with the address decide`() {
        let rows = [
            NetworkRow(timestamp: fixedTime, macAddress: "0A1B2C3D4E01", addresses: [("10.9.9.9", 24, "Private")]),
            NetworkRow(
                timestamp: fixedTime.adding(seconds: -2), macAddress: "0A1B2C3D4E02",
                addresses: [("10.0.0.1", 24, "Private")]),
            NetworkRow(
                timestamp: fixedTime.adding(seconds: -1), macAddress: "000000000000",
                addresses: [("10.0.0.1", 24, "Private")]),
        ]
        let none = ExpectedGraph.compute(state { $0.networkRows = rows })
        #expect(none.vertices["macaddress"] == nil)
        let some = ExpectedGraph.compute(state { $0.networkRows = Array(rows.prefix(2)) })
        #expect(some.vertices["macaddress"]?.keys.sorted() == ["0A:1B:2C:3D:4E:02"])
    }

    @Test func `has no machine that counts as deleted or has no proper id`() {
        for (days, isThere) in [(15.0, false), (14.9, true)] {
            let graph = ExpectedGraph.compute(
                state {
                    $0.healthStatus = "Inactive"
                    $0.lastSeen = fixedTime.adding(seconds: -days * 86_400)
                })
            #expect((graph.vertices["asset"] != nil) == isThere)
        }
        let active = ExpectedGraph.compute(state { $0.lastSeen = fixedTime.adding(seconds: -99 * 86_400) })
        #expect(active.vertices["asset"] != nil)
        #expect(
            !ExpectedGraph.isImported(
                EstateMachine(index: 0, id: "x", computerDnsName: nil, firstSeen: fixedTime, lastSeen: fixedTime),
                now: fixedTime))
    }

    @Test func `maps open alerts of imported machines`() {
        var state = state()
        func alert(_ alertID: String, _ machine: String?, _ status: String, _ severity: String?, _ title: String? = "T")
        {
            state.add(
                EstateAlert(
                    id: alertID, title: title, description: nil, status: status, severity: severity, machineId: machine,
                    alertCreationTime: fixedTime, firstEventTime: nil, lastUpdateTime: fixedTime))
        }
        alert("a", id, "New", "High")
        alert("b", id, "InProgress", "UnSpecified", nil)
        alert("c", id, "Resolved", "High")
        alert("d", nil, "New", "High")
        alert("e", String(repeating: "f", count: 40), "New", "High")
        let graph = ExpectedGraph.compute(state)
        #expect(pairs(graph, "asset_vulnerability") == [[id, "CVE-1"], [id, "a"], [id, "b"]])
        #expect(
            graph.vertices["vulnerability"]?["a"] == ["name": "T", "base_score": 8, "published_on": 1_795_176_000_000])
        #expect(graph.vertices["vulnerability"]?["b"] == ["name": "b", "published_on": 1_795_176_000_000])
    }

    @Test func `tells differences in words`() {
        let expected = ExpectedGraph.compute(state())
        #expect(expected.differences(from: expected).isEmpty)
        var other = expected
        other.vertices["asset"]?[id]?["name"] = "wrong"
        other.vertices["user"]?["eve"] = ["username": "eve"]
        other.edges["user_account"] = []
        #expect(
            other.differences(from: expected) == [
                "different asset: \(id) name: \"wrong\" instead of \"host.example\"", "unexpected user: eve",
                "missing user_account: kate -> kate",
            ])
        #expect(!other.differences(from: expected, allowsLooseVertices: true).contains("unexpected user: eve"))
    }

    @Test func `of a generated estate has no dangling edge and only what CAR takes`() throws {
        let graph = ExpectedGraph.compute(Estate.fixed(machines: 60))
        for (kind, edges) in graph.edges {
            let schema = try #require(CARSchema.edges[kind])
            for edge in edges {
                #expect(graph.vertices[schema.from]?[edge.from] != nil)
                #expect(graph.vertices[schema.to]?[edge.to] != nil)
            }
        }
        for (collection, rows) in graph.vertices {
            let schema = try #require(CARSchema.vertices[collection])
            for (key, fields) in rows {
                for (name, value) in fields {
                    #expect(schema.members[name]?.complaint(value) == nil, "\(collection) \(key) \(name)")
                }
            }
        }
        #expect(graph.edges.count == 10)
    }
}
