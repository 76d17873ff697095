import ConnectorCore
import Testing

@testable import DefenderFetcher

private func value(_ elements: String...) -> [UInt8] {
    Array(#"{"value":["#.utf8) + Array(elements.joined(separator: ",").utf8) + Array("]}".utf8)
}

private func results(_ rows: String...) -> [UInt8] {
    Array(#"{"Schema":[{"Name":"DeviceId","Type":"String"}],"Results":["#.utf8)
        + Array(rows.joined(separator: ",").utf8) + Array("]}".utf8)
}

private func asked(_ numbers: Int...) -> AskedMachines {
    AskedMachines(numbers.compactMap { MachineID(machineID($0)) })
}

private let one = machineID(1)

@Suite struct `A machine page` {
    @Test func `gives the fields that the graph needs`() throws {
        let page = try MachinePage.decode(
            value(
                """
                {"id":"\(one)","computerDnsName":"srv-042.corp.example","firstSeen":"2026-11-01T00:00:00Z",
                "lastSeen":"2026-11-20T04:12:09.5518794Z","osPlatform":"Windows11","osVersion":null,"version":"23H2",
                "osBuild":22631,"lastIpAddress":"10.20.30.40","lastExternalIpAddress":"203.0.113.9",
                "healthStatus":"Active","rbacGroupId":0,"machineTags":["a"],"ipAddresses":[{"ipAddress":""}]}
                """))
        let expected = Machine(
            id: try #require(MachineID(one)), computerDnsName: "srv-042.corp.example", osPlatform: "Windows11",
            version: "23H2", lastIpAddress: "10.20.30.40", lastExternalIpAddress: "203.0.113.9",
            healthStatus: "Active", lastSeen: Timestamp(iso8601: "2026-11-20T04:12:09.551Z"))
        #expect(page.content.records == [expected])
        #expect(page.content.skipped == [])
        #expect(!page.hasNextLink)
    }

    @Test func `takes empty, null, missing and wrongly typed fields as missing`() throws {
        let page = try MachinePage.decode(
            value(
                #"{"id":"\#(one)"}"#,
                #"{"id":"\#(one)","computerDnsName":"","lastSeen":"","version":null,"osPlatform":[],"lastIpAddress":{}}"#,
                #"{"id":"\#(one)","computerDnsName":true,"lastSeen":"yesterday","healthStatus":{"a":[1]}}"#))
        #expect(page.content.records == Array(repeating: Machine(id: try #require(MachineID(one))), count: 3))
    }

    @Test func `writes a number as text where text is expected`() throws {
        let page = try MachinePage.decode(value(#"{"id":"\#(one)","version":20.4,"osPlatform":7}"#))
        #expect(page.content.records.first?.version == "20.4")
        #expect(page.content.records.first?.osPlatform == "7")
    }

    @Test(arguments: [
        "Z", ".1Z", ".12Z", ".123Z", ".1234Z", ".12345Z", ".123456Z", ".1234567Z", ".12345678Z", ".123456789Z",
        "+00:00", "",
    ])
    func `reads times with any number of fraction digits`(ending: String) throws {
        let page = try MachinePage.decode(value(#"{"id":"\#(one)","lastSeen":"2026-11-20T04:12:54\#(ending)"}"#))
        let seen = try #require(page.content.records.first?.lastSeen)
        let whole = try #require(Timestamp(iso8601: "2026-11-20T04:12:54Z"))
        #expect((0..<1000).contains(seen.milliseconds - whole.milliseconds))
    }

    @Test func `knows a machine whatever case its id is in`() throws {
        let page = try MachinePage.decode(value(#"{"id":"\#(one.uppercased())"}"#))
        let alerts = try AlertPage.decode(value(#"{"id":"da1","status":"New","machineId":"\#(one.uppercased())"}"#))
        #expect(page.content.records.map(\.id.text) == [one])
        #expect(alerts.content.records.map { $0.machineID?.text } == [one])
    }

    @Test func `skips what has no machine id, and counts it`() throws {
        let page = try MachinePage.decode(
            value(
                #"{"id":"not-a-device-id\") or true"}"#, #"{"computerDnsName":"x"}"#, #"{"id":null}"#, #"{"id":7}"#,
                #"{"id":"\#(one)0"}"#, "null", #""text""#, "[]", #"{"id":"\#(one)"}"#))
        #expect(page.content.records.count == 1)
        #expect(
            page.content.skipped.map(\.reason) == Array(repeating: "invalid_id", count: 5)
                + Array(repeating: "not_an_object", count: 3))
        #expect(page.content.skipped.first?.id == "not-a-device-id\") or true")
        #expect(page.content.skipped.allSatisfy { $0.kind == .machines })
    }

    @Test(arguments: [
        (#""@odata.nextLink":"https://elsewhere.example/x""#, true), (#""@odata.nextLink":"# + #""""#, false),
        (#""@odata.nextLink":null"#, false), (#""@odata.nextLink":7"#, false), (#""other":"x""#, false),
    ])
    func `tells whether there is a next link, before or after the list`(member: String, expected: Bool) throws {
        for text in [#"{\#(member),"value":[]}"#, #"{"value":[],\#(member)}"#] {
            #expect(try MachinePage.decode(Array(text.utf8)).hasNextLink == expected)
        }
    }

    @Test(arguments: [#"{}"#, #"{"value":null}"#, #"{"value":{}}"#, #"[]"#, #"{"error":{}}"#])
    func `is never empty for want of its list`(text: String) {
        #expect(throws: JSONFailure.noArray) { try MachinePage.decode(Array(text.utf8)) }
        #expect(throws: JSONFailure.noArray) { try AlertPage.decode(Array(text.utf8)) }
        #expect(throws: JSONFailure.noArray) { try LogonUserList.decode(Array(text.utf8)) }
    }
}

@Suite struct `An alert page` {
    @Test func `gives alerts with and without a machine`() throws {
        let page = try AlertPage.decode(
            value(
                """
                {"id":"da1_2","title":"Bad \\"thing\\"","description":"Text","severity":"High","status":"New",
                "machineId":"\(one)","firstEventTime":"2026-11-20T04:12:09Z","alertCreationTime":"2026-11-20T04:12:09.12Z",
                "lastUpdateTime":"2026-11-20T04:12:10.1234567Z","evidence":[{"id":"x"}],"comments":[]}
                """,
                #"{"id":"da2","machineId":null}"#, #"{"id":"da3","machineId":"not hex"}"#,
                #"{"id":"da4","machineId":""}"#))
        let alerts = page.content.records
        #expect(alerts.map(\.id) == ["da1_2", "da2", "da3", "da4"])
        #expect(alerts.map { $0.machineID?.text } == [one, nil, nil, nil])
        #expect(alerts[0].title == "Bad \"thing\"")
        #expect(alerts[0].isOpen)
        #expect(alerts[0].alertCreationTime == Timestamp(iso8601: "2026-11-20T04:12:09.120Z"))
        #expect(alerts[0].lastUpdateTime == Timestamp(iso8601: "2026-11-20T04:12:10.123Z"))
    }

    @Test func `skips an alert without an id`() throws {
        let page = try AlertPage.decode(value(#"{"id":""}"#, #"{"title":"x"}"#, "7"))
        #expect(page.content.records.isEmpty)
        #expect(page.content.skipped.map(\.reason) == ["missing_id", "missing_id", "not_an_object"])
    }
}

@Suite struct `A list of logon users` {
    @Test func `falls back to the part of the id behind the backslash`() throws {
        let users = try LogonUserList.decode(
            value(
                #"{"id":"corp\\alice","accountName":"alice"}"#, #"{"id":"corp\\bob"}"#,
                #"{"id":"corp\\carol","accountName":""}"#,
                #"{"accountName":"dave"}"#, #"{"accountName":1234}"#))
        #expect(users.records.map(\.accountName) == ["alice", "bob", "carol", "dave", "1234"])
        #expect(users.skipped.isEmpty)
    }

    @Test func `skips a user without a name`() throws {
        let users = try LogonUserList.decode(
            value(#"{"id":"nobackslash"}"#, #"{"id":"corp\\"}"#, "{}", #"{"accountName":null,"id":null}"#, "null"))
        #expect(users.records.isEmpty)
        #expect(users.skipped.map(\.reason) == Array(repeating: "no_account_name", count: 4) + ["not_an_object"])
        #expect(users.skipped.map(\.id) == ["nobackslash", "corp\\", nil, nil, nil])
    }
}

@Suite struct `Network rows` {
    @Test func `hold the addresses of a JSON text`() throws {
        let addresses =
            #"[{\"IPAddress\":\"10.20.30.40\",\"SubnetPrefix\":24,\"AddressType\":\"Private\"},{\"IPAddress\":\"fd00::1\",\"SubnetPrefix\":\"64\"},{\"IPAddress\":\"\"},{\"SubnetPrefix\":1},7]"#
        let records = try NetworkRows.decode(
            results(
                #"{"DeviceId":"\#(one)","IPAddresses":"\#(addresses)","MacAddress":"0A-1B-2C-3D-4E-5F","DeviceName":"x"}"#,
                #"{"DeviceId":"\#(one)","IPAddresses":"[]","MacAddress":null}"#), asked: asked(1))
        let id = try #require(MachineID(one))
        #expect(
            records.records == [
                NetworkAdapter(
                    deviceID: id,
                    addresses: [
                        .init(address: "10.20.30.40", subnetPrefix: 24, type: "Private"),
                        .init(address: "fd00::1", subnetPrefix: 64),
                    ], macAddress: "0A-1B-2C-3D-4E-5F"),
                NetworkAdapter(deviceID: id, addresses: []),
            ])
    }

    @Test func `are skipped without addresses or for a machine that was not asked for`() throws {
        let records = try NetworkRows.decode(
            results(
                #"{"DeviceId":"\#(one)","IPAddresses":null}"#, #"{"DeviceId":"\#(one)"}"#,
                #"{"DeviceId":"\#(one)","IPAddresses":"[{"}"#, #"{"DeviceId":"\#(one)","IPAddresses":"{}"}"#,
                #"{"DeviceId":"\#(one)","IPAddresses":[]}"#, #"{"DeviceId":"\#(machineID(2))","IPAddresses":"[]"}"#,
                #"{"DeviceId":"zz","IPAddresses":"[]"}"#, #"{"IPAddresses":"[]"}"#, "7"), asked: asked(1))
        #expect(records.records.isEmpty)
        #expect(
            records.skipped.map(\.reason) == Array(repeating: "bad_addresses", count: 5)
                + ["unknown_machine", "invalid_id", "invalid_id", "not_an_object"])
        #expect(records.readCount == 9)
    }

    @Test func `are found under the keys that Graph uses`() throws {
        let text =
            #"{"schema":[],"results":[{"deviceId":"\#(one.uppercased())","ipAddresses":"[{\"ipAddress\":\"10.0.0.1\"}]","macAddress":"x"}]}"#
        let records = try NetworkRows.decode(Array(text.utf8), asked: asked(1))
        #expect(records.records.map(\.deviceID.text) == [one])
        #expect(records.records.first?.addresses.map(\.address) == ["10.0.0.1"])
        #expect(records.records.first?.macAddress == "x")
    }
}

@Suite struct `Finding rows` {
    private func row(_ device: String, _ rest: String) -> String { #"{"DeviceId":"\#(device)",\#(rest)}"# }
    private let chrome = #""SoftwareVendor":"google","SoftwareName":"chrome","SoftwareVersion":"1.2""#

    @Test func `become findings by machine, and each CVE once`() throws {
        let two = machineID(2)
        let kb =
            #""CvssScore":"7.5","PublishedDate":"2026-01-02T03:04:05Z","VulnerabilityDescription":"A \"long\" text""#
        let answer = try FindingRows.decode(
            results(
                row(one, #"\#(chrome),"CveId":"CVE-1",\#(kb)"#),
                row(one, #"\#(chrome),"CveId":"CVE-2","CvssScore":9.8"#),
                row(two, #"\#(chrome),"CveId":"CVE-1",\#(kb)"#), row(two, #"\#(chrome),"CveId":null"#),
                row(two, #"\#(chrome),"CveId":"""#), row(two, #""SoftwareVendor":"x","CveId":"CVE-2""#)),
            asked: asked(1, 2, 3))
        let software = "google:chrome:1.2"
        let ids = try [one, two].map { try #require(MachineID($0)) }
        #expect(
            answer.findings == [
                ids[0]: [Finding(software: software, cve: "CVE-1"), Finding(software: software, cve: "CVE-2")],
                ids[1]: [
                    Finding(software: software, cve: "CVE-1"), Finding(software: software, cve: nil),
                    Finding(software: software, cve: nil), Finding(software: nil, cve: "CVE-2"),
                ],
            ])
        #expect(
            answer.cves == [
                "CVE-1": CVE(
                    id: "CVE-1", description: "A \"long\" text",
                    publishedOn: Timestamp(iso8601: "2026-01-02T03:04:05Z"), baseScore: 7.5),
                "CVE-2": CVE(id: "CVE-2", baseScore: 9.8),
            ])
        #expect(answer.rowsRead == 6)
        #expect(answer.skipped == [])
    }

    @Test(
        arguments: [
            (#"7.5"#, 7.5), (#""7.5""#, 7.5), ("0", 0), ("10", 10), (#""10.0""#, 10), ("10.1", nil), ("-1", nil),
            (#""""#, nil),
            (#""high""#, nil), ("null", nil), ("true", nil), ("1e999", nil), (#""nan""#, nil), (#""inf""#, nil),
            ("[7]", nil),
        ] as [(String, Double?)])
    func `take a score from 0 to 10, number or text`(score: String, expected: Double?) throws {
        let answer = try FindingRows.decode(
            results(row(one, #"\#(chrome),"CveId":"CVE-1","CvssScore":\#(score)"#)), asked: asked(1))
        #expect(answer.cves["CVE-1"]?.baseScore == expected)
    }

    @Test func `read dates with a space and fill in what an earlier row of the CVE lacks`() throws {
        let answer = try FindingRows.decode(
            results(
                row(one, #"\#(chrome),"CveId":"CVE-1""#),
                row(
                    one,
                    #"\#(chrome),"CveId":"CVE-1","PublishedDate":"2025-10-06 10:43:58","VulnerabilityDescription":"d""#)
            ),
            asked: asked(1))
        #expect(answer.cves["CVE-1"]?.publishedOn == Timestamp(iso8601: "2025-10-06T10:43:58Z"))
        #expect(answer.cves["CVE-1"]?.description == "d")
    }

    @Test func `are skipped and counted where they say nothing`() throws {
        let answer = try FindingRows.decode(
            results(
                row(one, #""SoftwareVendor":"google","SoftwareName":"chrome""#), row(one, #""CveId":null"#),
                row("zz", chrome), row(machineID(2), chrome), "null"), asked: asked(1))
        #expect(answer.findings.isEmpty)
        #expect(answer.rowsRead == 5)
        #expect(
            answer.skipped.map(\.reason) == [
                "no_software_and_no_cve", "no_software_and_no_cve", "invalid_id", "unknown_machine", "not_an_object",
            ])
    }
}
