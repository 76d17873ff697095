import ConnectorCore
import DefenderFetcher
import Foundation
import MicroHTTP
import Testing

/// The query text of a request, and the machine numbers it asks for.
private func query(_ request: HTTPRequest) -> String {
    let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
    return body?["Query"] ?? ""
}

private func numbers(_ query: String) -> [Int] {
    query.matches(of: /"([0-9a-f]{40})"/).compactMap { match in
        (0..<1000).first { machineID($0) == match.1 }
    }
}

/// So many rows for each machine asked for; each names its number.
private func answer(_ request: HTTPRequest, rows: Int) -> HTTPResponse {
    let isNetwork = query(request).hasPrefix("DeviceNetworkInfo")
    let texts = numbers(query(request)).flatMap { machine in
        (0..<rows).map { row in
            isNetwork
                ? #"{"DeviceId":"\#(machineID(machine))","IPAddresses":"[]","MacAddress":"\#(row)"}"#
                : #"{"DeviceId":"\#(machineID(machine))","CveId":"CVE-\#(machine)-\#(row)"}"#
        }
    }
    return .json(#"{"Schema":[],"Results":[\#(texts.joined(separator: ","))]}"#)
}

@Suite struct `Hunting` {
    @Test func `asks for network rows of the last 30 days, newest first`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 1) })
        _ = try await defender.client().networkAdapters(of: [id(1), id(2)])
        let request = try #require(defender.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/api/advancedqueries/run")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(
            query(request) == "DeviceNetworkInfo | where DeviceId in (\"\(machineID(1))\",\"\(machineID(2))\") "
                + "and Timestamp >= ago(30d) and IPAddresses contains 'Private' | order by Timestamp desc "
                + "| project DeviceId, IPAddresses, MacAddress, DeviceName")
    }

    @Test func `asks for vulnerabilities joined with their knowledge base`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 1) })
        _ = try await defender.client().findings(of: [id(1)], texts: true)
        #expect(
            query(try #require(defender.requests.first))
                == "DeviceTvmSoftwareVulnerabilities | where DeviceId in (\"\(machineID(1))\") "
                + "| join kind=leftouter (DeviceTvmSoftwareVulnerabilitiesKB) on CveId | project DeviceId, SoftwareVendor, "
                + "SoftwareName, SoftwareVersion, CveId, CvssScore, PublishedDate, VulnerabilityDescription")
    }

    @Test func `leaves descriptions out where they are not wanted, and asks for them by CVE`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            query(request).hasPrefix("DeviceTvmSoftwareVulnerabilitiesKB")
                ? .json(#"{"Results":[{"CveId":"CVE-1","VulnerabilityDescription":"one"},{"CveId":"CVE-2"}]}"#)
                : answer(request, rows: 1)
        })
        let client = try defender.client()
        _ = try await client.findings(of: [id(1)], texts: false)
        #expect(query(try #require(defender.requests.first)).hasSuffix("CveId, CvssScore, PublishedDate"))
        #expect(try await client.descriptions(of: ["CVE-1", "CVE-2"]) == ["CVE-1": "one"])
        #expect(
            query(try #require(defender.requests.last))
                == "DeviceTvmSoftwareVulnerabilitiesKB | where CveId in (\"CVE-1\",\"CVE-2\") "
                + "| project CveId, VulnerabilityDescription")
        #expect(try await client.descriptions(of: []) == [:])
        #expect(defender.requests.count == 2)
    }

    @Test func `asks for many descriptions in parts`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .json(#"{"Results":[]}"#) })
        #expect(try await defender.client().descriptions(of: (1...1000).map { "CVE-2024-\($0)" }) == [:])
        #expect(defender.requests.count == 3)
        #expect(defender.requests.allSatisfy { query($0).utf8.count < 8000 })
    }

    @Test func `asks in parts for descriptions whose answer is cut, rows without a text counted`() async throws {
        let texts = ["CVE-1": "", "CVE-2": "two", "CVE-3": "three"]
        let defender = try ScriptedDefender(api: { request, _ in
            let rows = texts.keys.sorted().filter { query(request).contains("\"\($0)") }.prefix(2)
            return .json(
                "{\"Results\":["
                    + rows.map { #"{"CveId":"\#($0)","VulnerabilityDescription":"\#(texts[$0] ?? "")"}"# }
                    .joined(separator: ",") + "]}")
        })
        let client = try defender.client { $0.huntingRowLimit = 2 }
        #expect(
            try await client.descriptions(of: ["CVE-1", "CVE-2", "CVE-3"]) == ["CVE-2": "two", "CVE-3": "three"])
    }

    @Test(arguments: ["CVE\"1", "a)b", "", "x\n", String(repeating: "9", count: 61)])
    func `never puts a strange CVE id into a query`(cve: String) async throws {
        let defender = try ScriptedDefender()
        #expect(try await defender.client().descriptions(of: ["CVE-1", cve]) == nil)
        #expect(defender.requests.isEmpty)
    }

    @Test func `says that descriptions can't be had where the query is refused`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in
            .json(#"{"error":{"code":"BadRequest","message":"no such table"}}"#, status: 400)
        })
        #expect(try await defender.client().descriptions(of: ["CVE-1"]) == nil)
    }

    @Test func `goes through Graph with a token of its own`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            request.method == "GET"
                ? .json(#"{"value":[]}"#)
                : .json(#"{"schema":[],"results":[{"DeviceId":"\#(machineID(1))","CveId":"CVE-1"}]}"#)
        })
        let client = try defender.client {
            $0.huntingAPI = .graph
            $0.graphURL = $0.apiURL + "/"
            $0.graphScope = "https://graph.example/.default"
        }
        let found = try await client.findings(of: [id(1)], texts: true)
        #expect(found.findings[try id(1)] == [Finding(software: nil, cve: "CVE-1")])
        _ = try await client.machines(.all, skip: 0, top: 1)
        #expect(defender.requests.map(\.path) == ["/v1.0/security/runHuntingQuery", "/api/machines"])
        #expect(defender.requests.map { $0.headers["Authorization"] } == ["Bearer token-1", "Bearer token-2"])
        let scopes = defender.logins.map { String(decoding: $0.body, as: UTF8.self).split(separator: "&").last }
        #expect(
            scopes == ["scope=https%3A%2F%2Fgraph.example%2F.default", "scope=https%3A%2F%2Fapi.example%2F.default"])
    }

    @Test func `names Graph's permission where Graph denies`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in
            .json(#"{"error":{"code":"Forbidden","message":"no","innerError":{"request-id":"r1"}}}"#, status: 403)
        })
        let client = try defender.client {
            $0.huntingAPI = .graph
            $0.graphURL = $0.apiURL
        }
        let error = await #expect(throws: DefenderError.self) { try await client.networkAdapters(of: [id(1)]) }
        #expect(error?.description.contains("ThreatHunting.Read.All of Microsoft Graph") == true)
        #expect(error?.description.contains("r1") == true)
    }

    @Test func `reads logon events, one account once`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in
            .json(
                #"{"Results":[{"DeviceId":"\#(machineID(1))","AccountName":"ann"},{"DeviceId":"\#(machineID(1))","#
                    + #""AccountName":""},{"DeviceId":"x","AccountName":"bob"},7]}"#)
        })
        let answer = try await defender.client().logons(of: [id(1), id(2)])
        #expect(answer.users == [try id(1): [LogonUser(accountName: "ann")]])
        #expect(answer.rowsRead == 4)
        #expect(answer.skipped.map(\.reason) == ["no_account_name", "invalid_id", "not_an_object"])
        let text = query(try #require(defender.requests.first))
        #expect(text.hasPrefix("DeviceLogonEvents | where DeviceId in ("))
        #expect(text.hasSuffix("| distinct DeviceId, AccountName"))
    }

    @Test func `asks nothing for no machine, and each machine once`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 1) })
        let client = try defender.client()
        #expect(try await client.findings(of: [], texts: true).rowsRead == 0)
        #expect(try await client.networkAdapters(of: []).readCount == 0)
        #expect(defender.requests.isEmpty)
        _ = try await client.findings(of: [id(3), id(1), id(3)], texts: true)
        #expect(defender.requests.map { numbers(query($0)) } == [[3, 1]])
    }

    @Test func `splits an answer that reaches the row limit until each part is below it`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 4) })
        let client = try defender.client { $0.huntingRowLimit = 9 }
        let ids = try (1...5).map { try id($0) }
        let found = try await client.findings(of: ids, texts: true)
        #expect(found.rowsRead == 20)
        #expect(found.cves.count == 20)
        #expect(Set(found.findings.keys) == Set(ids))
        #expect(found.findings.values.allSatisfy { $0.count == 4 })
        #expect(
            defender.requests.map { numbers(query($0)) } == [[1, 2, 3, 4, 5], [1, 2], [3, 4, 5], [3], [4, 5]])

        let adapters = try await client.networkAdapters(of: ids)
        #expect(adapters.records.map(\.deviceID) == ids.flatMap { Array(repeating: $0, count: 4) })
        for machine in ids {
            #expect(adapters.records.filter { $0.deviceID == machine }.map(\.macAddress) == ["0", "1", "2", "3"])
        }
    }

    @Test(arguments: [
        "Query execution has exceeded the allowed result size.", "More data than the 50 MB limit.", "",
    ])
    func `splits an answer that Defender refuses, whatever it calls it`(message: String) async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            numbers(query(request)).count > 1 ? .error(400, "BadRequest", message) : answer(request, rows: 2)
        })
        let found = try await defender.client().findings(of: [id(1), id(2), id(3)], texts: true)
        #expect(found.rowsRead == 6)
        #expect(defender.requests.count == 5)
    }

    @Test func `names the one machine that is above the limit alone`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            answer(request, rows: numbers(query(request)).contains(2) ? 9 : 1)
        })
        let client = try defender.client { $0.huntingRowLimit = 9 }
        let error = await #expect(throws: DefenderError.self) {
            try await client.findings(of: [id(1), id(2)], texts: true)
        }
        #expect(error?.reason == .tooManyRows(try id(2)))
        #expect(error?.jobFailure.code == 55)
        #expect(error?.jobFailure.message.contains(machineID(2)) == true)
    }

    @Test func `fails with what is refused for one machine too`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(400, "BadRequest", "Semantic error: unknown column") }
        )
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) {
            try await client.findings(of: [id(1), id(2)], texts: true)
        }
        #expect(error?.jobFailure.code == 54)
        #expect(defender.requests.map { numbers(query($0)).count } == [2, 1])
    }

    @Test func `asks for many machines in parts of 150`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 1) })
        let found = try await defender.client().findings(of: try (1...400).map { try id($0) }, texts: true)
        #expect(found.findings.count == 400)
        #expect(defender.requests.map { numbers(query($0)).count } == [150, 150, 100])
    }

    @Test func `decodes a large answer beside the caller`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 3000) })
        let found = try await defender.client().findings(of: try (1...5).map { try id($0) }, texts: true)
        #expect(found.rowsRead == 15_000)
    }
}
