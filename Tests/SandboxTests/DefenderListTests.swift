import MicroHTTP
import Testing

@testable import Sandbox

@Suite struct `Defender lists` {
    @Test func `lists every machine with its fields`() throws {
        let answer = try DefenderProbe().get("/api/machines")
        let machines = try #require(answer.json["value"]?.arrayValue)
        #expect(machines.count == 40)
        #expect(machines[0]["computerDnsName"] == .null)
        #expect(machines[2].objectValue?.contains { $0.name == "computerDnsName" } == false)
        #expect(machines[30]["id"]?.stringValue?.count == 40)
        #expect(answer.json["@odata.nextLink"] == nil)
    }

    @Test(arguments: [
        ("$top", "10001"), ("$top", "-1"), ("$top", "abc"), ("$skip", "1e+05"), ("$skip", ""), ("$orderby", "lastSeen"),
        ("$select", "id"), ("top", "1"), ("$filter", "lastSeen"), ("$filter", "unknown eq 'x'"),
        ("$filter", "lastSeen ge '2026-11-01T00:00:00Z'"), ("$filter", "healthStatus eq Active"),
        ("$filter", "(healthStatus eq 'Active'"), ("$filter", "healthStatus like 'A'"),
        ("$filter", "firstSeen gt 2026-01-01"),
        ("$filter", "healthStatus eq 'Active' healthStatus"), ("$filter", "healthStatus eq 'Active"), ("$filter", ""),
    ])
    func `refuses bad options`(name: String, value: String) throws {
        let answer = try DefenderProbe().get("/api/machines", [(name, value)])
        #expect(answer.status == 400)
        #expect(answer.errorCode == "ODataError" || answer.errorCode == "BadRequest")
    }

    @Test func `filters as asked`() throws {
        let estate = Estate.fixed()
        let probe = try DefenderProbe(estate)
        let machines = estate.snapshot().machines
        func ids(_ filter: String) throws -> [String] {
            try probe.get("/api/machines", [("$filter", filter)]).json["value"]?.arrayValue?
                .compactMap { $0["id"]?.stringValue } ?? []
        }
        let since = fixedTime.adding(seconds: -43_200)
        #expect(
            try ids("lastSeen ge \(since.text) and healthStatus ne 'Inactive'")
                == machines.filter { $0.lastSeen >= since && $0.healthStatus != "Inactive" }.map(\.id))
        #expect(
            try ids("not (osPlatform eq 'Windows11' or osPlatform eq 'Ubuntu')")
                == machines.filter { $0.osPlatform != "Windows11" && $0.osPlatform != "Ubuntu" }.map(\.id))
        #expect(try ids("computerDnsName eq null") == machines.filter { $0.computerDnsName == nil }.map(\.id))
        #expect(try ids("rbacGroupId gt 1") == machines.filter { $0.rbacGroupId > 1 }.map(\.id))
    }

    @Test func `knows a doubled quote in a string`() throws {
        let expression = try ODataFilterParser.parse("id eq 'o''x'", properties: FilterProperties.machine)
        #expect(expression == .compare(property: "id", .eq, .string("o'x")))
    }

    @Test func `answers 404 where nothing matches unless told otherwise`() throws {
        let filter = [("$filter", "osPlatform eq 'Plan9'")]
        let answer = try DefenderProbe().get("/api/machines", filter)
        #expect(answer.status == 404 && answer.errorCode == "ResourceNotFound")
        let other = try DefenderProbe { $0.emptyListIsNotFound = false }.get("/api/machines", filter)
        #expect(other.status == 200 && other.json["value"] == [])
    }

    @Test func `pages with top and skip without a link`() throws {
        let probe = try DefenderProbe()
        let last = try probe.get("/api/machines", [("$top", "15"), ("$skip", "30")])
        #expect(last.json["value"]?.arrayValue?.count == 10)
        #expect(last.json["@odata.nextLink"] == nil)
        #expect(try probe.get("/api/machines", [("$top", "15"), ("$skip", "40")]).json["value"] == [])
    }

    @Test(arguments: SandboxOptions.NextLinks.allCases)
    func `links pages as configured`(mode: SandboxOptions.NextLinks) throws {
        let probe = try DefenderProbe {
            $0.pageMaximum = 16
            $0.nextLinks = mode
        }
        let page = try probe.get("/api/machines", [("$filter", "healthStatus ne 'x'")]).json
        #expect(page["value"]?.arrayValue?.count == 16)
        let link = page["@odata.nextLink"]?.stringValue
        let tail = "&$filter=healthStatus%20ne%20'x'"
        switch mode {
        case .documented, .always: #expect(link == "http://127.0.0.1:1/api/machines?$skip=16\(tail)")
        case .missing: #expect(link == nil)
        case .looping: #expect(link == "http://127.0.0.1:1/api/machines?$skip=0\(tail)")
        case .foreignHost: #expect(link == "http://elsewhere.example/api/machines?$skip=16\(tail)")
        }
        let short = try probe.get("/api/machines", [("$top", "20")]).json
        #expect(short["value"]?.arrayValue?.count == 16)
        #expect((short["@odata.nextLink"] != nil) == (mode != .documented && mode != .missing))
    }

    @Test func `filters alerts, but not by machine`() throws {
        let estate = Estate.fixed()
        let probe = try DefenderProbe(estate)
        let open = try probe.get("/api/alerts", [("$filter", "status eq 'New' or status eq 'InProgress'")])
        #expect(open.json["value"]?.arrayValue?.count == estate.snapshot().alerts.filter(\.isOpen).count)
        #expect(try probe.get("/api/alerts", [("$filter", "machineId eq 'x'")]).status == 400)
    }

    @Test func `tells the users of a machine`() throws {
        let estate = Estate.fixed()
        let probe = try DefenderProbe(estate)
        let machine = estate.snapshot().machines[12]
        let users = try probe.get("/api/machines/\(machine.id)/logonusers").json["value"]?.arrayValue ?? []
        #expect(users.count == 6)
        #expect(users[0]["accountName"] == nil && users[0]["id"] == "corp\\kate")
        #expect(users[1]["accountName"] == .null)
        #expect(try probe.get("/api/machines/\(String(repeating: "0", count: 40))/logonusers").status == 404)
    }

    @Test func `throttles by family and says when to come back`() throws {
        let estate = Estate.fixed()
        let probe = try DefenderProbe(estate) { $0.enforcesRateLimits = true }
        for _ in 0..<100 { #expect(try probe.get("/api/machines", [("$top", "1")]).status == 200) }
        let refused = try probe.get("/api/machines", [("$top", "1")])
        #expect(refused.status == 429 && refused.headers["Retry-After"] == "60")
        #expect(try probe.get("/api/alerts").status == 200)
        estate.advance(seconds: 60)
        #expect(try probe.get("/api/machines", [("$top", "1")]).status == 200)
        #expect(probe.simulator.counters["machines"].throttled == 1)
    }

    @Test func `keeps the hour's limit too`() {
        var window = CallWindow(perMinute: 100, perHour: 1500)
        var taken = 0
        for second in 0..<3600 where window.take(at: Int64(second) * 1000) == nil { taken += 1 }
        #expect(taken == 1500)
        #expect(window.take(at: 3_599_000)?.retryAfter == 1)
        #expect(window.take(at: 3_600_001) == nil)
    }
}
