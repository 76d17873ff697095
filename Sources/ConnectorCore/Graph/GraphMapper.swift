/// Defender's records as CAR's vertices and edges: the one place that decides what a correct import is. Pure.
public enum GraphMapper {
    /// What a hostname vertex says of itself. The same for every machine, so two machines of one name agree.
    static let hostnameDescription = "Host name reported by Microsoft Defender"

    public static func subgraph(of facts: MachineFacts) -> MachineSubgraph {
        let machine = facts.machine
        var subgraph = MachineSubgraph(machine: machine.id, asset: asset(machine))
        subgraph.hostname = machine.computerDnsName.flatMap(hostnameKey)
        subgraph.operatingSystem = machine.osPlatform
        addAddresses(of: machine, adapters: facts.adapters, to: &subgraph)
        subgraph.accounts = facts.users?.map { ExactText($0.accountName) }.uniqued().map(\.text)
        subgraph.findings = facts.findings
        subgraph.lastSeen = machine.lastSeen
        return subgraph
    }

    private static func asset(_ machine: Machine) -> Vertex {
        let description = [machine.osPlatform, machine.version].compactMap(\.self).joined(separator: " ")
        return Vertex(
            .asset, machine.id.text, name: machine.computerDnsName ?? machine.id.text,
            description: description.isEmpty ? nil : description)
    }

    private static func addAddresses(
        of machine: Machine, adapters: [NetworkAdapter], to subgraph: inout MachineSubgraph
    ) {
        let last = machine.lastIpAddress.flatMap(addressKey)
        let external = machine.lastExternalIpAddress.flatMap(addressKey)
        var adapterAddresses: [String] = []
        if let adapter = machine.lastIpAddress.flatMap({ address in adapters.first { $0.element(of: address) != nil } })
        {
            subgraph.macAddress = adapter.macAddress.flatMap(macAddressKey)
            let type = machine.lastIpAddress.flatMap(adapter.element)?.type
            if let last, type != "Public" { adapterAddresses.append(last) }
            for address in adapter.addresses where address.subnetPrefix == 64 && address.type == "Private" {
                if let key = addressKey(address.address) { adapterAddresses.append(key) }
            }
        }
        adapterAddresses = adapterAddresses.uniqued()
        subgraph.addresses = ([last].compactMap(\.self) + adapterAddresses + [external].compactMap(\.self)).uniqued()
        // The public address is never joined to the adapter's MAC.
        subgraph.adapterAddresses = subgraph.macAddress == nil ? [] : adapterAddresses.filter { $0 != external }
    }

    /// The vertex of an alert.
    public static func vertex(of alert: Alert) -> Vertex {
        Vertex(
            .vulnerability, alert.id, name: alert.title ?? alert.id, description: alert.description,
            publishedOn: alert.alertCreationTime, disclosedOn: alert.firstEventTime,
            baseScore: baseScore(severity: alert.severity))
    }

    public static func vertex(of cve: CVE) -> Vertex {
        Vertex(
            .vulnerability, cve.id, name: cve.id, description: cve.description, publishedOn: cve.publishedOn,
            baseScore: cve.baseScore)
    }

    /// A CVE of which only the id is known; CAR keeps the fields that it has.
    public static func namedCVE(_ id: String) -> Vertex {
        var vertex = vertex(of: CVE(id: id))
        vertex.isPartial = true
        return vertex
    }

    public static func hostname(_ key: String) -> Vertex {
        Vertex(.hostname, key, description: hostnameDescription)
    }

    public static func operatingSystem(_ key: String) -> Vertex {
        Vertex(.application, key, isOperatingSystem: true)
    }

    static func baseScore(severity: String?) -> Double? {
        switch severity?.lowercased() {
        case "high": 8
        case "medium": 5
        case "low": 2
        case "informational": 0
        default: nil
        }
    }

    /// - Returns: `nil` where the name holds a character that CAR refuses in a host name.
    static func hostnameKey(_ name: String) -> String? {
        let refused = Set("&#^|?<>[]".utf8)
        return name.isEmpty || name.utf8.contains(where: refused.contains) ? nil : name
    }

    /// The address without its zone suffix; `nil` where it is not written as CAR wants it.
    static func addressKey(_ address: String) -> String? {
        let bare = address.prefix { $0 != "%" }
        let isWellFormed = bare.utf8.allSatisfy { $0.isHexDigit || $0 == 0x3A || $0 == 0x2E }
        guard !bare.isEmpty, bare.utf8.count <= 254, isWellFormed,
            bare.utf8.contains(where: { $0 == 0x3A || $0 == 0x2E })
        else { return nil }
        return String(bare)
    }

    /// `AA:BB:CC:DD:EE:FF` from 12 or 16 hex digits with or without separators; `nil` for anything else and for zeros.
    static func macAddressKey(_ text: String) -> String? {
        let digits = text.utf8.filter { $0 != 0x2D && $0 != 0x3A && $0 != 0x2E }
        guard digits.count == 12 || digits.count == 16, digits.allSatisfy(\.isHexDigit),
            digits.contains(where: { $0 != 0x30 })
        else { return nil }
        let upper = String(decoding: digits, as: UTF8.self).uppercased()
        let pairs = stride(from: 0, to: digits.count, by: 2).map { upper.dropFirst($0).prefix(2) }
        return pairs.joined(separator: ":")
    }
}

extension NetworkAdapter {
    /// The element that names the address, compared as text: without zone suffix, and IPv6 digits without case.
    fileprivate func element(of address: String) -> Address? {
        let wanted = address.prefix { $0 != "%" }.lowercased()
        return addresses.first { $0.address.prefix { $0 != "%" }.lowercased() == wanted }
    }
}

extension Array where Element: Hashable {
    /// The elements in their order, each once.
    func uniqued() -> [Element] {
        guard count > 1 else { return self }
        var seen = Set<Element>(minimumCapacity: count)
        return filter { seen.insert($0).inserted }
    }
}
