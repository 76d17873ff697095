import ConnectorCore
import Testing

@testable import DefenderFetcher

@Suite struct `Addresses in the machine list` {
    private func adapters(_ elements: String) async throws -> [NetworkAdapter]? {
        let machine = #"{"id":"\#(machineID(1))","lastIpAddress":"10.0.0.1","ipAddresses":\#(elements)}"#
        let defender = try ScriptedDefender(api: { _, _ in .json(#"{"value":[\#(machine)]}"#) })
        let page = try await defender.client().machines(.all, addresses: .machines, skip: 0, top: 10)
        return page.content.records.first?.adapters
    }

    @Test func `become one adapter for every MAC`() async throws {
        let found = try await adapters(
            """
            [{"ipAddress":"10.0.0.1","macAddress":"02AABBCCDD01","type":"Ethernet","operationalStatus":"Up"},
            {"ipAddress":"2001:db8::1","macAddress":"02AABBCCDD02","type":"Ethernet"},
            {"ipAddress":"fd00::1","macAddress":"02AABBCCDD01","extra":{"a":[1]}}]
            """)
        #expect(
            try found == [
                NetworkAdapter(
                    deviceID: id(1),
                    addresses: [
                        .init(address: "10.0.0.1", type: "Private"),
                        .init(address: "fd00::1", subnetPrefix: 64, type: "Private"),
                    ], macAddress: "02AABBCCDD01"),
                NetworkAdapter(
                    deviceID: id(1), addresses: [.init(address: "2001:db8::1", subnetPrefix: 64, type: "Public")],
                    macAddress: "02AABBCCDD02"),
            ])
    }

    @Test(arguments: [
        "[]", "null", "7", #"{"a":1}"#, "[1,null]", #"[{"ipAddress":""}]"#, #"[{"ipAddress":"127.0.0.1"}]"#,
        #"[{"ipAddress":"::1"}]"#, #"[{"ipAddress":"10.1.1.1","type":"SoftwareLoopback"}]"#,
        #"[{"ipAddress":null,"macAddress":"02AABBCCDD01"}]"#,
    ])
    func `that name no address give none`(elements: String) async throws {
        #expect(try await adapters(elements) == [])
    }

    @Test func `are not looked at unless wanted`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in
            .json(#"{"value":[{"id":"\#(machineID(1))","ipAddresses":[{"ipAddress":"10.0.0.1"}]}]}"#)
        })
        let page = try await defender.client().machines(.all, skip: 0, top: 10)
        #expect(page.content.records.first?.adapters == nil)
    }

    @Test(arguments: [
        ("10.1.2.3", true), ("172.16.0.1", true), ("172.32.0.1", false), ("192.168.1.1", true), ("100.64.0.1", true),
        ("100.128.0.1", false), ("169.254.1.1", true), ("8.8.8.8", false), ("1.2.3", false), ("fe80::1", true),
        ("FEBF::1", true), ("fec0::1", false), ("fd12:3::1", true), ("2001:db8::1", false), ("::1", false),
    ])
    func `are private by their ranges`(address: String, isPrivate: Bool) {
        #expect(ListedAddresses.isPrivate(address) == isPrivate)
    }
}
