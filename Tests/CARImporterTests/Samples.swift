import ConnectorCore

/// One vertex of every collection and one edge of every kind, and strings that break careless code.
enum Samples {
    static let run = RunIdentity(startedAt: Timestamp(milliseconds: 1_795_468_209_483))
    static let machine = String(repeating: "0a", count: 20)

    static let vertices: [Vertex] = [
        Vertex(.asset, machine, name: "pc-1.example.com", description: "Windows11 23H2"),
        Vertex(.asset, "without-name"),
        Vertex(.hostname, "pc-1.example.com", description: "of pc-1"),
        Vertex(.application, "Windows11", isOperatingSystem: true),
        Vertex(.application, "acme:editor:1.2.3"),
        Vertex(.ipaddress, "10.0.0.7"),
        Vertex(.ipaddress, "fe80::1"),
        Vertex(.macaddress, "AA:BB:CC:DD:EE:FF"),
        Vertex(.macaddress, "AA:BB:CC:DD:EE:FF:00:11"),
        Vertex(.user, "alice"),
        Vertex(.account, "alice"),
        Vertex(
            .vulnerability, "CVE-2026-0001", description: "Overflow",
            publishedOn: Timestamp(milliseconds: 1_700_000_000_000),
            baseScore: 9.8),
        Vertex(.vulnerability, "CVE-2026-0002"),
        Vertex(
            .vulnerability, "alert-1", name: "Suspicious \"logon\"", description: "a\nb",
            publishedOn: Timestamp(milliseconds: 1_795_468_209_001),
            disclosedOn: Timestamp(milliseconds: 1_795_468_209_000), baseScore: 8),
    ]

    static let edges: [Edge] = [
        Edge(.assetHostname, from: machine, to: "pc-1.example.com"),
        Edge(.assetApplication, from: machine, to: "Windows11"),
        Edge(.assetIPAddress, from: machine, to: "10.0.0.7"),
        Edge(.assetMACAddress, from: machine, to: "AA:BB:CC:DD:EE:FF"),
        Edge(.ipAddressMACAddress, from: "10.0.0.7", to: "AA:BB:CC:DD:EE:FF"),
        Edge(.userAccount, from: "alice", to: "alice"),
        Edge(.assetAccount, from: machine, to: "alice"),
        Edge(.accountHostname, from: "alice", to: "pc-1.example.com"),
        Edge(.assetVulnerability, from: machine, to: "CVE-2026-0001"),
        Edge(.applicationVulnerability, from: "acme:editor:1.2.3", to: "CVE-2026-0001"),
    ]

    static let hostile = [
        "", "plain", "quote \" backslash \\ slash /", "line\nbreak\r\ttab", "\u{2028}\u{2029}", "😀👩‍👩‍👧", "</script><!--",
        "nul \u{0} bell \u{7} escape \u{1B} delete \u{7F}", "a,b,c", "a&b=c#d?e", "%41%zz", "../..", "ä ö é e\u{301}",
        "mark \u{FEFF}\u{10FFFF}", "; DROP TABLE", "{\"a\":null}", String(repeating: "\u{1}", count: 300),
    ]

    static func assets(_ count: Int) -> GraphObjects {
        GraphObjects(vertices: (0..<count).map { Vertex(.asset, "asset-\($0)") })
    }
}
