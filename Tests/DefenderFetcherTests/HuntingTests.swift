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
        _ = try await defender.client().findings(of: [id(1)])
        #expect(
            query(try #require(defender.requests.first))
                == "DeviceTvmSoftwareVulnerabilities | where DeviceId in (\"\(machineID(1))\") "
                + "| join kind=leftouter (DeviceTvmSoftwareVulnerabilitiesKB) on CveId | project DeviceId, SoftwareVendor, "
                + "SoftwareName, SoftwareVersion, CveId, CvssScore, PublishedDate, VulnerabilityDescription")
    }

    @Test func `asks nothing for no machine, and each machine once`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 1) })
        let client = try defender.client()
        #expect(try await client.findings(of: []).rowsRead == 0)
        #expect(try await client.networkAdapters(of: []).readCount == 0)
        #expect(defender.requests.isEmpty)
        _ = try await client.findings(of: [id(3), id(1), id(3)])
        #expect(defender.requests.map { numbers(query($0)) } == [[3, 1]])
    }

    @Test func `splits an answer that reaches the row limit until each part is below it`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 4) })
        let client = try defender.client { $0.huntingRowLimit = 9 }
        let ids = try (1...5).map { try id($0) }
        let found = try await client.findings(of: ids)
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

    @Test func `splits an answer that Defender calls too large`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            numbers(query(request)).count > 1
                ? .error(400, "BadRequest", "Query execution has exceeded the allowed result size.")
                : answer(request, rows: 2)
        })
        let found = try await defender.client().findings(of: [id(1), id(2), id(3)])
        #expect(found.rowsRead == 6)
        #expect(defender.requests.count == 5)
    }

    @Test func `names the one machine that is above the limit alone`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            answer(request, rows: numbers(query(request)).contains(2) ? 9 : 1)
        })
        let client = try defender.client { $0.huntingRowLimit = 9 }
        let error = await #expect(throws: DefenderError.self) { try await client.findings(of: [id(1), id(2)]) }
        #expect(error?.reason == .tooManyRows(try id(2)))
        #expect(error?.jobFailure.code == 55)
        #expect(error?.jobFailure.message.contains(machineID(2)) == true)
    }

    @Test func `does not split for another error`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(400, "BadRequest", "Semantic error: unknown column") }
        )
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.findings(of: [id(1), id(2)]) }
        #expect(error?.jobFailure.code == 54)
        #expect(defender.requests.count == 1)
    }

    @Test func `asks for many machines in parts of 150`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 1) })
        let found = try await defender.client().findings(of: try (1...400).map { try id($0) })
        #expect(found.findings.count == 400)
        #expect(defender.requests.map { numbers(query($0)).count } == [150, 150, 100])
    }

    @Test func `decodes a large answer beside the caller`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in answer(request, rows: 3000) })
        let found = try await defender.client().findings(of: try (1...5).map { try id($0) })
        #expect(found.rowsRead == 15_000)
    }
}
