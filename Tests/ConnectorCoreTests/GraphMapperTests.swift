import Testing

@testable import ConnectorCore

@Suite struct `The mapping` {
    private func machine(_ change: (inout Machine) -> Void) throws -> Machine {
        var machine = Machine(id: try #require(MachineID(String(repeating: "a1", count: 20))))
        change(&machine)
        return machine
    }

    @Test func `names a machine without a name by its id and gives it no host name`() throws {
        let machine = try machine { $0.osPlatform = "Linux" }
        let graph = GraphMapper.subgraph(of: MachineFacts(machine: machine))
        #expect(graph.asset.name == machine.id.text)
        #expect(graph.asset.description == "Linux")
        #expect(graph.hostname == nil)
    }

    @Test(arguments: ["a&b", "a#b", "a^b", "a|b", "a?b", "a<b", "a>b", "a[b", "a]b", ""])
    func `makes no host name that CAR refuses`(name: String) {
        #expect(GraphMapper.hostnameKey(name) == nil)
    }

    @Test(
        arguments: [
            ("0a1b2c3d4e5f", "0A:1B:2C:3D:4E:5F"), ("0A-1B-2C-3D-4E-5F", "0A:1B:2C:3D:4E:5F"),
            ("0a1b2c3d4e5f6071", "0A:1B:2C:3D:4E:5F:60:71"), ("000000000000", nil), ("0a1b", nil), ("", nil),
        ] as [(String, String?)])
    func `writes MAC addresses as CAR wants them`(text: String, expected: String?) {
        #expect(GraphMapper.macAddressKey(text) == expected)
    }

    @Test func `joins the private addresses of the newest adapter to its MAC, never the public one`() throws {
        let machine = try machine {
            $0.lastIpAddress = "10.0.0.5"
            $0.lastExternalIpAddress = "203.0.113.9"
        }
        let newest = NetworkAdapter(
            deviceID: machine.id,
            addresses: [
                .init(address: "10.0.0.5", subnetPrefix: 24, type: "Private"),
                .init(address: "fe80::1%eth0", subnetPrefix: 64, type: "Private"),
                .init(address: "fd00::1", subnetPrefix: 128, type: "Private"),
            ], macAddress: "0A1B2C3D4E5F")
        var older = newest
        older.macAddress = "FFFFFFFFFFFF"
        let graph = GraphMapper.subgraph(of: MachineFacts(machine: machine, adapters: [newest, older]))
        #expect(graph.macAddress == "0A:1B:2C:3D:4E:5F")
        #expect(Set(graph.addresses) == ["10.0.0.5", "fe80::1", "203.0.113.9"])
        #expect(Set(graph.adapterAddresses) == ["10.0.0.5", "fe80::1"])
    }

    @Test func `keeps the addresses of a machine without an adapter row`() throws {
        let machine = try machine {
            $0.lastIpAddress = "10.0.0.5"
            $0.lastExternalIpAddress = "203.0.113.9"
        }
        let graph = GraphMapper.subgraph(of: MachineFacts(machine: machine))
        #expect(graph.addresses == ["10.0.0.5", "203.0.113.9"])
        #expect(graph.macAddress == nil)
        #expect(graph.adapterAddresses.isEmpty)
    }
}
