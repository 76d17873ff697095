import Testing

@testable import ConnectorCore

@Suite struct `Changes of findings` {
    private let machine = MachineID(String(repeating: "a", count: 40))
    private let browser = Finding(software: "contoso:browser:1.0", cve: "CVE-2026-1")
    private let office = Finding(software: "contoso:office:2.0", cve: "CVE-2026-2")

    private func apply(
        _ rows: [(finding: Finding, group: String, isPresent: Bool, at: Int64)], to findings: [Finding]
    ) throws -> [Finding] {
        let machine = try #require(machine)
        var changes = FindingChanges()
        for row in rows {
            changes.add(
                VulnerabilityChange(
                    machine: machine, finding: row.finding, group: row.group, isPresent: row.isPresent,
                    at: Timestamp(milliseconds: row.at)))
        }
        return changes.applied(to: findings)
    }

    @Test func `add what is new and remove what is fixed`() throws {
        #expect(try apply([(office, "0", true, 1)], to: [browser]) == [browser, office])
        #expect(try apply([(browser, "0", false, 1)], to: [browser, office]) == [office])
        #expect(try apply([], to: [browser]) == [browser])
    }

    @Test func `told twice, and once more after they were applied, change nothing more`() throws {
        let rows = [(browser, "0", false, Int64(5)), (office, "0", true, Int64(6)), (office, "0", true, Int64(6))]
        let once = try apply(rows, to: [browser])
        #expect(once == [office])
        #expect(try apply(rows, to: once) == once)
    }

    @Test func `follow the newest row of a finding whatever the order of the rows`() throws {
        let rows = [(browser, "0", true, Int64(1)), (browser, "0", false, Int64(2)), (browser, "0", true, Int64(3))]
        for rows in [rows, rows.reversed()] { #expect(try apply(rows, to: []) == [browser]) }
        for rows in [Array(rows.prefix(2)), Array(rows.prefix(2).reversed())] {
            #expect(try apply(rows, to: [browser]) == [])
        }
    }

    @Test func `prefer New where Fixed is of the same moment`() throws {
        let rows = [(browser, "0", true, Int64(1)), (browser, "0", false, Int64(1))]
        for rows in [rows, rows.reversed()] { #expect(try apply(rows, to: [browser]) == [browser]) }
    }

    @Test func `keep the findings of a machine that moves to another device group`() throws {
        // Fixed in the group that it left may be the later of the two.
        let rows = [(browser, "2", true, Int64(7)), (browser, "1", false, Int64(8))]
        #expect(try apply(rows, to: [browser]) == [browser])
        #expect(try apply(rows + [(browser, "2", false, 9)], to: [browser]) == [])
    }

    @Test func `find a name in other letters, and keep the one that CAR has`() throws {
        let other = Finding(software: "Contoso:Browser:1.0", cve: "cve-2026-1")
        #expect(try apply([(other, "0", true, 1)], to: [browser]) == [browser])
        #expect(try apply([(other, "0", false, 1)], to: [browser]) == [])
    }

    @Test func `leave no software without a CVE, which none of them could take away`() throws {
        let clean = Finding(software: "contoso:browser:1.0", cve: nil)
        #expect(try apply([(browser, "0", true, 1)], to: [clean, browser]) == [browser])
        #expect(try apply([], to: [clean, browser]) == [browser])
    }

    @Test func `can be followed for fourteen days and no longer`() {
        let now = Timestamp(milliseconds: 1_795_468_209_483)
        func obstacle(daysAgo days: Int64?) -> String? {
            VulnerabilityProgress(changesThrough: days.map { now.adding(seconds: -$0 * 86_400) }).obstacle(at: now)
        }
        #expect(obstacle(daysAgo: 13) == nil)
        #expect(obstacle(daysAgo: 14)?.contains("14 days") == true)
        #expect(obstacle(daysAgo: nil)?.contains("export") == true)
        // Read while the clock was ahead: what has happened since then lies before the next window.
        #expect(obstacle(daysAgo: -3)?.contains("clock") == true)
    }
}
