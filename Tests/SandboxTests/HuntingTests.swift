import Testing

@testable import Sandbox

@Suite struct `Hunting` {
    static let join =
        "| join kind=leftouter (DeviceTvmSoftwareVulnerabilitiesKB) on CveId | project DeviceId, SoftwareVendor, SoftwareName, "
        + "SoftwareVersion, CveId, CvssScore, PublishedDate, VulnerabilityDescription"

    private func results(_ answer: JSONValue) throws -> [JSONValue] {
        try #require(answer["Results"]?.arrayValue)
    }

    @Test func `answers vulnerabilities with their knowledge base entry`() throws {
        let estate = Estate.fixed()
        let state = estate.snapshot()
        let ids = [state.machines[18].id, state.machines[17].id, state.machines[31].id]
        let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try DefenderProbe(estate).hunt(
            "DeviceTvmSoftwareVulnerabilities | where DeviceId in (\(list)) \(Self.join)")
        #expect(answer.status == 200)
        let rows = try results(answer.json)
        #expect(rows.count == 32 + 10 + 30)
        #expect(answer.json["Schema"]?[0] == ["Name": "DeviceId", "Type": "String"])
        let unknown = try #require(rows.first { $0["CveId"] == "CVE-1999-0001" })
        #expect(unknown["CvssScore"] == .null && unknown["VulnerabilityDescription"] == .null)
        for row in rows where row["DeviceId"]?.stringValue == ids[0] {
            let cve = try #require(row["CveId"]?.stringValue)
            #expect(row["VulnerabilityDescription"]?.stringValue == state.cve(id: cve)?.description)
        }
    }

    @Test func `answers adapters newest first within thirty days`() throws {
        let estate = Estate.fixed()
        let machine = estate.snapshot().machines[31]
        let answer = try DefenderProbe(estate).hunt(
            """
            DeviceNetworkInfo
            | where Timestamp > ago(30d) and DeviceId in~ ('\(machine.id.uppercased())') // the adapters
            | where IPAddresses contains 'Private'
            | order by Timestamp desc
            | project Timestamp, DeviceId, DeviceName, IPAddresses, MacAddress
            """)
        let rows = try results(answer.json)
        #expect(rows.count == 3)
        let times = rows.compactMap { $0["Timestamp"]?.stringValue.flatMap(EstateTime.parse) }
        #expect(times == times.sorted(by: >) && times.count == 3)
        #expect(
            rows[0].objectValue?.map(\.name) == ["Timestamp", "DeviceId", "DeviceName", "IPAddresses", "MacAddress"])
    }

    @Test func `gives rows in another order each time where none is asked for`() throws {
        let probe = try DefenderProbe()
        let query = "DeviceTvmSoftwareVulnerabilities | project DeviceId, CveId"
        let (first, second) = (try probe.hunt(query).json, try probe.hunt(query).json)
        #expect(first["Results"] != second["Results"])
        #expect(try results(first).map(\.text).sorted() == results(second).map(\.text).sorted())
    }

    @Test func `numbers a joined column of the same name`() throws {
        let answer = try DefenderProbe().hunt(
            "DeviceTvmSoftwareVulnerabilities | join kind=inner DeviceTvmSoftwareVulnerabilitiesKB on $left.CveId == $right.CveId"
        )
        let names = answer.json["Schema"]?.arrayValue?.compactMap { $0["Name"]?.stringValue } ?? []
        #expect(names.contains("CveId1") && names.contains("VulnerabilitySeverityLevel1"))
        #expect(Set(names).count == names.count)
    }

    @Test func `keeps one left row for each key without a join kind`() throws {
        let answer = try DefenderProbe().hunt(
            "DeviceTvmSoftwareVulnerabilities | join (DeviceTvmSoftwareVulnerabilitiesKB) on CveId | project CveId, DeviceId"
        )
        let ids = try results(answer.json).compactMap { $0["CveId"]?.stringValue }
        #expect(Set(ids).count == ids.count)
    }

    @Test func `reads the tables alone, counts, takes and tells distinct rows`() throws {
        let estate = Estate.fixed()
        let probe = try DefenderProbe(estate)
        let id = estate.snapshot().catalogue.cveId(0)
        let entries = try results(probe.hunt("DeviceTvmSoftwareVulnerabilitiesKB | where CveId in ('\(id)')").json)
        #expect(entries.count == 1)
        let count = try results(probe.hunt("DeviceTvmSoftwareVulnerabilities | count").json)
        let rows = estate.snapshot().machines.reduce(0) { $0 + estate.snapshot().softwareRows(of: $1).count }
        #expect(count == [["Count": .number(Double(rows))]])
        #expect(try results(probe.hunt("DeviceNetworkInfo | take 5").json).count == 5)
        let devices = try results(probe.hunt("DeviceNetworkInfo | distinct DeviceId").json)
        #expect(devices.count == 39)
    }

    @Test func `cuts rows silently and refuses large results`() throws {
        let query = "DeviceTvmSoftwareVulnerabilities | project DeviceId, CveId"
        let cut = try DefenderProbe { $0.huntingRowLimit = 50 }.hunt(query)
        let kept = try results(cut.json)
        #expect(cut.status == 200 && kept.count == 50)
        let large = try DefenderProbe { $0.huntingBytesMaximum = 5000 }.hunt(query)
        #expect(large.status == 400 && large.errorMessage.contains("result size"))
    }

    @Test(arguments: [
        "NoSuchTable", "DeviceNetworkInfo | where", "DeviceNetworkInfo | where Nope == 'x'",
        "DeviceNetworkInfo | project Nope",
        "DeviceNetworkInfo | summarize count() by DeviceId", "DeviceNetworkInfo | where DeviceId in ()",
        "DeviceNetworkInfo | where DeviceId in (\"a\"", "DeviceNetworkInfo | where DeviceId in (\"a)",
        "DeviceNetworkInfo |",
        "DeviceNetworkInfo | project DeviceId | order by Timestamp", "DeviceNetworkInfo | where Timestamp > ago(30x)",
        "DeviceNetworkInfo | where Timestamp > ago(10675200d)",
        "DeviceNetworkInfo | project DeviceId, DeviceId", "| where true", "", "DeviceNetworkInfo DeviceId",
        "DeviceTvmSoftwareVulnerabilities | join kind=rightanti (DeviceTvmSoftwareVulnerabilitiesKB) on CveId",
        "DeviceTvmSoftwareVulnerabilities | join kind=inner (DeviceTvmSoftwareVulnerabilitiesKB) on Nope",
        "DeviceNetworkInfo | where DeviceId == #x",
    ])
    func `refuses what it can't run, saying what`(query: String) throws {
        let answer = try DefenderProbe().hunt(query)
        #expect(answer.status == 400)
        #expect(!answer.errorMessage.isEmpty)
    }

    @Test(arguments: [
        (#"{"query":"DeviceNetworkInfo"}"#, "application/json"), (#"{"Query":1}"#, "application/json"),
        (#"{"Query":"DeviceNetworkInfo","Timespan":"P1D"}"#, "application/json"),
        ("DeviceNetworkInfo", "application/json"),
        (#"{"Query":"DeviceNetworkInfo"}"#, "text/plain"), (#"{"Query":"DeviceNetworkInfo",}"#, "application/json"),
        ("", "application/json"),
    ])
    func `refuses another body`(body: String, type: String) throws {
        let answer = try DefenderProbe().post(body, type: type)
        #expect(answer.status == 400 && answer.errorCode == "InvalidRequestBody")
    }

    // Found by fuzzing: more nanoseconds than a number holds.
    @Test(arguments: ["10675199d", "292277d", "922337203685s"])
    func `takes a time before all others for the first`(timespan: String) throws {
        let probe = try DefenderProbe()
        let all = try results(probe.hunt("DeviceNetworkInfo | count").json)
        #expect(try results(probe.hunt("DeviceNetworkInfo | where Timestamp > ago(\(timespan)) | count").json) == all)
        #expect(
            try results(probe.hunt("DeviceNetworkInfo | where Timestamp < ago(\(timespan)) | count").json)
                == [["Count": 0]])
    }

    @Test func `survives a long condition`() throws {
        let condition = String(repeating: "DeviceId == 'x' or ", count: 50_000) + "DeviceId == 'y'"
        let answer = try DefenderProbe().hunt("DeviceNetworkInfo | where \(condition) | count")
        #expect(answer.status == 400 || (answer.status == 200 && answer.json["Results"] == [["Count": 0]]))
    }

    @Test func `survives deep nesting`() throws {
        let query = "DeviceNetworkInfo | where " + String(repeating: "(", count: 5000)
        #expect(try DefenderProbe().hunt(query).status == 400)
        let filter = String(repeating: "not ", count: 5000) + "id eq 'x'"
        #expect(try DefenderProbe().get("/api/machines", [("$filter", filter)]).status == 400)
    }
}
