import ConnectorCore

/// A tenant that is computed from numbers: any size without memory, and answers at once. Its machines have `rows`
/// findings each out of 40,000 pairs of 6,000 softwares and 20,000 CVEs, two users, and an adapter of their own.
struct LargeTenant: DefenderReading {
    var machines: Int
    var rows: Int
    /// How many the list tells as seen since the last run.
    var seen: Int

    private static func id(_ index: Int) -> MachineID? {
        let digits = String(index, radix: 16)
        return MachineID(String(repeating: "a", count: 32) + String(repeating: "0", count: 8 - digits.count) + digits)
    }

    private static func index(_ id: MachineID) -> Int { Int(id.text.suffix(8), radix: 16) ?? 0 }

    /// Spreads neighbouring numbers (Knuth's multiplicative hash).
    private static func mix(_ number: Int) -> Int {
        Int((UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15) >> 33)
    }

    private static func address(_ index: Int) -> String { "10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)" }

    func machines(
        _ selection: MachineSelection, addresses: AddressSource, skip: Int, top: Int
    ) async throws -> RecordPage<Machine> {
        let count =
            switch selection {
            case .all: machines
            case .lastSeen: seen
            case .inactive: 0
            }
        let page = (skip..<max(skip, min(skip + top, count))).compactMap { index in
            Self.id(index).map { id in
                Machine(
                    id: id, computerDnsName: "machine-\(index).corp.example.com", osPlatform: "Windows11",
                    version: "23H2", lastIpAddress: Self.address(index),
                    lastExternalIpAddress: "198.51.100.\(index % 200)", healthStatus: "Active",
                    lastSeen: Timestamp(milliseconds: 1_795_492_800_000))
            }
        }
        return RecordPage(content: Records(records: page), hasNextLink: skip + page.count < count)
    }

    func logonUsers(of id: MachineID) async throws -> Records<LogonUser>? {
        let index = Self.index(id)
        return Records(records: [LogonUser(accountName: "user\(index)"), LogonUser(accountName: "admin\(index % 100)")])
    }

    func logons(of ids: [MachineID]) async throws -> LogonsAnswer { LogonsAnswer() }

    func networkAdapters(of ids: [MachineID]) async throws -> Records<NetworkAdapter> {
        Records(
            records: ids.map { id in
                let index = Self.index(id)
                let digits = String(index, radix: 16, uppercase: true)
                return NetworkAdapter(
                    deviceID: id,
                    addresses: [.init(address: Self.address(index), subnetPrefix: 24, type: "Private")],
                    macAddress: "0200" + String(repeating: "0", count: 8 - digits.count) + digits)
            })
    }

    func findings(of ids: [MachineID], texts: Bool) async throws -> FindingsAnswer {
        var answer = FindingsAnswer()
        for id in ids {
            let index = Self.index(id)
            answer.findings[id] = (0..<rows).map { row in
                let pair = Self.mix(index * 4099 + row) % 40_000
                let cve = "CVE-2026-\(10_000 + pair % 20_000)"
                if answer.cves[cve] == nil {
                    answer.cves[cve] = CVE(
                        id: cve, description: texts ? "What \(cve) is about, at some length." : nil,
                        publishedOn: Timestamp(milliseconds: 1_790_000_000_000), baseScore: 7.5)
                }
                return Finding(software: "vendor:product-\(pair % 6000):1.\(pair % 6000 % 7)", cve: cve)
            }
            answer.rowsRead += rows
        }
        return answer
    }

    func descriptions(of cves: [String]) async throws -> [String: String]? {
        Dictionary(uniqueKeysWithValues: cves.map { ($0, "What \($0) is about, at some length.") })
    }

    func alerts(_ selection: AlertSelection, skip: Int, top: Int) async throws -> RecordPage<Alert> {
        RecordPage(content: Records(records: []), hasNextLink: false)
    }

    func vulnerabilities(after continuation: String?, pageSize: Int) async throws -> VulnerabilityPage? { nil }

    func vulnerabilityChanges(
        since: Timestamp, after continuation: String?, pageSize: Int
    ) async throws -> VulnerabilityChangePage? { nil }

    func cves(_ selection: CVESelection, skip: Int, top: Int) async throws -> RecordPage<CVE> {
        RecordPage(content: Records(records: []), hasNextLink: false)
    }

    var requestCount: Int { 0 }
    func forecast(_ calls: DefenderCalls) -> WaitForecast { WaitForecast(seconds: 0) }
}
