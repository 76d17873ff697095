import ConnectorCore

/// A machine's `ipAddresses`: `[{"ipAddress","macAddress","type","operationalStatus"}]`, one element for every address.
///
/// As adapters: one for every MAC. The list tells neither prefix length nor address class, so the class comes from the
/// address, and an IPv6 address counts as /64, the length of nearly every subnet.
enum ListedAddresses {
    private enum Column: Int {
        case address, macAddress, type

        static let names = ["ipAddress", "macAddress", "type"]
    }

    static func adapters(of machine: MachineID, from json: [UInt8]) throws(JSONFailure) -> [NetworkAdapter] {
        var rows = try JSONRows(json, array: nil, columns: Column.names)
        var adapters: [NetworkAdapter] = []
        var indexes: [String?: Int] = [:]
        while let row = try rows.next() {
            guard row == .object, let address = try rows.string(Column.address.rawValue),
                try rows.string(Column.type.rawValue) != "SoftwareLoopback", !isLoopback(address)
            else { continue }
            let isIPv6 = address.contains(":")
            let element = NetworkAdapter.Address(
                address: address, subnetPrefix: isIPv6 ? 64 : nil, type: isPrivate(address) ? "Private" : "Public")
            let macAddress = try rows.string(Column.macAddress.rawValue)
            if let index = indexes[macAddress] {
                adapters[index].addresses.append(element)
            } else {
                indexes[macAddress] = adapters.count
                adapters.append(NetworkAdapter(deviceID: machine, addresses: [element], macAddress: macAddress))
            }
        }
        return adapters
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1"
    }

    /// RFC 1918, RFC 3927 and RFC 6598; link-local and unique local IPv6.
    static func isPrivate(_ address: String) -> Bool {
        if address.contains(":") {
            let first = UInt16(address.prefix { $0 != ":" }, radix: 16) ?? 0
            return first & 0xFFC0 == 0xFE80 || first & 0xFE00 == 0xFC00
        }
        let parts = address.split(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4 else { return false }
        switch (parts[0], parts[1]) {
        case (10, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127): return true
        default: return false
        }
    }
}
