import Testing

@testable import Sandbox

@Suite struct `Generated estates` {
    @Test func `is the same for the same seed and differs for another`() {
        let (one, two, other) = (Estate.fixed(), Estate.fixed(), Estate.fixed(seed: 8))
        #expect(one.snapshot().machines == two.snapshot().machines)
        #expect(one.snapshot().alerts == two.snapshot().alerts)
        let (first, second) = (one.snapshot(), two.snapshot())
        for (a, b) in zip(first.machines, second.machines) {
            #expect(first.softwareRows(of: a) == second.softwareRows(of: b))
            #expect(first.networkRows(of: a) == second.networkRows(of: b))
            #expect(first.users(of: a) == second.users(of: b))
        }
        #expect(one.snapshot().machines[30].id != other.snapshot().machines[30].id)
        #expect(ExpectedGraph.compute(one) == ExpectedGraph.compute(two))
    }

    @Test func `has every awkward case from thirty machines on`() {
        let state = Estate.fixed(machines: 30).snapshot()
        let machines = state.machines
        #expect(machines.contains { $0.computerDnsName == nil && !$0.omitsName })
        #expect(machines.contains { $0.omitsName })
        #expect(machines.contains { $0.computerDnsName == "" })
        #expect(machines.contains { $0.computerDnsName?.contains("&") == true })
        #expect(machines.contains { $0.lastIpAddress == nil && $0.lastExternalIpAddress == nil })
        #expect(machines.contains { $0.lastIpAddress?.contains("%") == true })
        #expect(machines.contains { state.users(of: $0).isEmpty })
        #expect(machines.contains { state.networkRows(of: $0).isEmpty })
        #expect(machines.contains { $0.id == AwkwardCases.strangeId })
        #expect(machines.contains { $0.hasUnknownFields })
        #expect(machines.contains { $0.healthStatus == "Inactive" && !ExpectedGraph.isImported($0, now: state.now) })
        #expect(machines.contains { $0.healthStatus == "Inactive" && ExpectedGraph.isImported($0, now: state.now) })
        let names = machines.compactMap(\.computerDnsName)
        #expect(Set(names).count < names.count)
        let digits = Set(state.alerts.compactMap { $0.alertCreationTime?.fractionDigits })
        #expect(digits == Set(0...9))
        let scores = state.softwareRows(of: machines[18]).compactMap { $0.cveId.flatMap { state.cve(id: $0)?.score } }
        #expect(scores.contains(.null) && scores.contains(.text("")) && scores.contains(.number(11.5)))
        #expect(scores.contains { if case .text(let text) = $0 { Double(text) != nil } else { false } })
    }

    @Test func `lets a changed machine report now`() throws {
        let estate = Estate.fixed()
        let id = estate.snapshot().machines[30].id
        estate.advance(seconds: 3600)
        estate.mutate { $0.changeAddress(of: id, to: "10.200.0.1") }
        let machine = try #require(estate.snapshot().machine(id: id))
        #expect(machine.lastSeen.milliseconds == fixedTime.milliseconds + 3_600_000)
        let edges = ExpectedGraph.compute(estate).edges["asset_ipaddress"] ?? []
        #expect(edges.contains(GraphImage.Edge(from: id, to: "10.200.0.1")))
    }

    @Test func `adds and removes machines`() {
        let estate = Estate.fixed()
        let first = estate.snapshot().machines[0].id
        let added = estate.mutate { state in
            state.removeMachine(id: first)
            return state.addMachine { $0.computerDnsName = "new.example" }
        }
        let state = estate.snapshot()
        #expect(state.machine(id: first) == nil)
        #expect(state.machine(id: added)?.computerDnsName == "new.example")
        #expect(state.machines.allSatisfy { state.machine(id: $0.id) == $0 })
    }

    @Test(arguments: 0...9) func `writes and reads times with any fraction`(digits: Int) throws {
        let time = EstateTime(nanoseconds: 1_795_176_123_987_654_321, fractionDigits: digits)
        #expect(time.text.count == (digits == 0 ? 20 : 21 + digits))
        #expect(EstateTime.parse(time.text) == time)
    }

    @Test func `knows the calendar`() throws {
        #expect(EstateTime(milliseconds: 0, fractionDigits: 0).text == "1970-01-01T00:00:00Z")
        #expect(EstateTime(milliseconds: 951_782_400_000, fractionDigits: 0).text == "2000-02-29T00:00:00Z")
        #expect(EstateTime.parse("2026-11-20T12:00:00Z")?.milliseconds == 1_795_176_000_000)
        #expect(EstateTime.parse("2261-12-31T23:59:59.999999999Z") != nil)
        // Found by fuzzing: more nanoseconds than a number holds.
        #expect(EstateTime.parse("4052-11-23T20:49:00.123Z") == nil)
        #expect(EstateTime.parse("1969-12-31T23:59:59.5Z")?.milliseconds == -500)
        let time = EstateTime(milliseconds: 0, fractionDigits: 9)
        #expect(time.adding(seconds: -1e300).text == "1678-01-01T00:00:00.000000000Z")
        #expect(time.adding(seconds: 9_300_000_000).text == "2261-12-31T23:59:59.999999999Z")
        #expect(time.adding(seconds: .nan) == time.adding(seconds: .infinity))
        for text in [
            "2026-11-20T12:00:00", "2026-13-20T12:00:00Z", "2026-11-20 12:00:00Z", "2026-11-20T12:00:00.Z", "x",
        ] {
            #expect(EstateTime.parse(text) == nil)
        }
    }
}
