/// The world's software and CVEs, derived from a seed: nothing is stored, everything can be looked up.
struct Catalogue: Sendable {
    /// How many of a product's CVEs one version has.
    static let cvesPerVersion = 20
    private static let vendors = [
        "contoso", "fabrikam", "northwind", "adatum", "tailspin", "wingtip", "litware", "proseware",
    ]
    private static let products = [
        "browser", "office", "reader", "runtime", "editor", "server", "vpn_client", "archiver",
    ]

    let seed: UInt64
    /// Different CVEs; grows with the estate but slowly, as in a real tenant.
    let cveCount: Int
    let productCount: Int

    init(seed: UInt64, machines: Int, rowsPerMachine: Int) {
        self.seed = seed
        cveCount = min(20_000, max(64, machines * max(1, rowsPerMachine) / 20))
        productCount = min(400, max(8, cveCount / 8))
    }

    /// Row `row` of the machine with this index: software in runs of `cvesPerVersion`, each row another CVE.
    func row(machine: Int, row: Int) -> SoftwareRow {
        let slot = row / Self.cvesPerVersion
        var ofMachine = SplitMix64(seed: seed, 0x50, UInt64(machine))
        let product = (ofMachine.below(productCount) + slot * 7) % productCount
        var ofSlot = SplitMix64(seed: seed, 0x51, UInt64(machine), UInt64(slot))
        let version = ofSlot.below(3)
        let position = row % Self.cvesPerVersion
        var ofCVE = SplitMix64(seed: seed, 0x52, UInt64(product), UInt64(version), UInt64(position))
        return SoftwareRow(
            vendor: Self.vendors[product % Self.vendors.count],
            name: Self.products[product / Self.vendors.count % Self.products.count] + "_\(product)",
            version: "\(10 + product % 90).\(version).\(product % 7).0", cveId: cveId(ofCVE.below(cveCount)))
    }

    func cveId(_ index: Int) -> String {
        "CVE-\(2010 + index % 16)-\(10_000 + index)"
    }

    /// The entry of a derived id; `nil` for an id that isn't of this catalogue, and for the few that the knowledge base lacks.
    func cve(id: String) -> CVE? {
        let parts = id.split(separator: "-")
        guard parts.count == 3, let number = Int(parts[2]), (10_000..<10_000 + cveCount).contains(number),
            cveId(number - 10_000) == id, number % 16 != 9
        else { return nil }
        return cve(index: number - 10_000)
    }

    func cve(index: Int) -> CVE {
        var random = SplitMix64(seed: seed, 0x53, UInt64(index))
        let score = Double(random.below(101)) / 10
        let published = EstateTime(
            nanoseconds: (1_262_304_000 + Int64(random.below(500_000_000))) * 1_000_000_000
                + Int64(random.below(1_000_000_000)),
            fractionDigits: index % 10)
        let id = cveId(index)
        var entry = CVE(
            id: id, score: .number(score), publishedDate: published,
            description: "Summary: \(id) lets an attacker \(random.pick(Self.effects)) through a crafted "
                + "\(random.pick(Self.vectors)). Impact: \"\(random.below(100))\" of 100. Remediation: apply the update.",
            severity: score >= 9 ? "Critical" : score >= 7 ? "High" : score >= 4 ? "Medium" : "Low")
        switch index % 16 {
        case 1: entry.score = .null
        case 2: entry.score = .text("")
        case 3, 4, 5: entry.score = .text("\(score)")
        case 6: entry.score = .text("n/a")
        case 7: entry.score = .number(11.5)
        case 8: entry.score = .number(-1)
        case 10: entry.description = nil
        case 11: entry.description = ""
        case 12: entry.publishedDate = nil
        default: break
        }
        return entry
    }

    private static let effects = ["run code", "read memory", "gain privileges", "bypass a sandbox", "stop the service"]
    private static let vectors = ["document", "packet", "web page", "font", "archive\tfile"]
}
