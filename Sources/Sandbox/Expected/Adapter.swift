extension ExpectedGraph {
    /// Text forms of IP addresses.
    enum Address {
        /// Without the zone suffix (`%eth0`).
        static func withoutZone(_ text: String) -> String {
            String(text.prefix { $0 != "%" })
        }

        /// The address as CAR takes it, or `nil` where it holds other characters.
        static func usable(_ text: String) -> String? {
            let address = withoutZone(text)
            let isUsable = address.utf8.allSatisfy {
                isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            return isUsable && !address.isEmpty ? address : nil
        }
    }

    /// The adapter that holds a machine's last address.
    struct Adapter {
        var mac: String?
        /// Addresses with AddressType Private and SubnetPrefix 64, in the row's order.
        var privateAddresses: [String]
        /// The machine's last address is one of the Internet, on the adapter itself.
        var holdsAsPublic: Bool

        /// The newest row of the last 30 days that holds `address`, compared without zone and without case.
        static func find(_ rows: [NetworkRow], with address: String, now: EstateTime) -> Adapter? {
            let wanted = Address.withoutZone(address).lowercased()
            guard !wanted.isEmpty else { return nil }
            let oldest = now.adding(seconds: -30 * 86_400)
            for row in rows.sorted(by: { $0.timestamp > $1.timestamp }) where row.timestamp > oldest {
                // Rows without a private address aren't asked for.
                guard let text = row.ipAddresses, text.lowercased().contains("private"),
                    let list = try? JSONParser.parse(text).arrayValue
                else { continue }
                let own = list.filter { Address.withoutZone($0["IPAddress"]?.stringValue ?? "").lowercased() == wanted }
                guard !own.isEmpty else { continue }
                let addresses = list.filter { $0["AddressType"] == "Private" && $0["SubnetPrefix"] == 64 }
                return Adapter(
                    mac: row.macAddress.flatMap(normalized),
                    privateAddresses: addresses.compactMap { $0["IPAddress"]?.stringValue },
                    holdsAsPublic: own.contains { $0["AddressType"] == "Public" })
            }
            return nil
        }

        /// `AA:BB:CC:DD:EE:FF` of 6 or 8 bytes; `nil` for anything else and for all zeros.
        private static func normalized(_ text: String) -> String? {
            let digits = text.uppercased().filter { !"-:.".contains($0) }
            guard digits.utf8.count == 12 || digits.utf8.count == 16, digits.utf8.allSatisfy(isHexDigit),
                digits.contains(where: { $0 != "0" })
            else { return nil }
            let characters = Array(digits)
            return stride(from: 0, to: characters.count, by: 2).map { String(characters[$0..<$0 + 2]) }.joined(
                separator: ":")
        }
    }
}
