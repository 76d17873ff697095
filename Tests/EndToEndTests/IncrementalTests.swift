import Sandbox
import Testing

extension Scenario {
    func changeEverything() { sandbox.estate.changeEverything() }
}

extension Estate {
    /// A day on which everything changes that can.
    func changeEverything() {
        advance(seconds: 3600)
        mutate { state in
            let ids = state.machines.filter { $0.healthStatus == "Active" && $0.id.count == 40 }.map(\.id)
            for (index, id) in ids.prefix(12).enumerated() {
                _ = state.updateMachine(id: id) { $0.version = "25H\(index)" }
            }
            state.changeAddress(of: ids[0], to: "10.77.0.1", macAddress: "02AABBCC0001")
            state.updateUsers(of: ids[1]) { $0 = [LogonUser(domain: "corp", name: "newcomer")] }
            state.updateUsers(of: ids[2]) { $0 = [] }
            state.updateSoftware(of: ids[3]) { if !$0.isEmpty { $0.removeFirst() } }
            state.updateSoftware(of: ids[4]) { $0 = [] }
            _ = state.updateMachine(id: ids[5]) { $0.osPlatform = "Windows12" }
            _ = state.updateMachine(id: ids[6]) { $0.lastExternalIpAddress = "198.51.100.77" }
            _ = state.updateMachine(id: ids[7]) { $0.computerDnsName = nil }
            _ = state.addMachine()
            for alert in state.alerts.filter({ $0.isOpen && $0.machineId != nil }).prefix(3) {
                _ = state.updateAlert(id: alert.id) { $0.status = "Resolved" }
            }
            if let alert = state.alerts.last(where: { $0.isOpen && $0.machineId != nil }) {
                _ = state.updateAlert(id: alert.id) { $0.title = "Changed title" }
            }
        }
    }
}

extension `End to end` {
    @Suite struct `Incremental runs` {
        @Test(.timeLimit(.minutes(2))) func `bring every change to CAR, one day after the other`() async throws {
            try await withService(.small(machines: 120, alerts: 40)) { scenario, client in
                expectSucceeded(try await client.run("initial"))
                for day in 1...3 {
                    scenario.changeEverything()
                    expectSucceeded(try await client.run("incremental"), "day \(day)", effectiveKind: "incremental")
                    scenario.expectRightGraph("day \(day)", allowsLooseVertices: true)
                }
                #expect(scenario.sandbox.car.counters.dangling == 0)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `cost CAR nothing but the save point where nothing changed`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.sandbox.estate.advance(seconds: 7200)
                expectSucceeded(try await client.run("incremental"))
                scenario.sandbox.car.resetCounters()
                scenario.sandbox.estate.advance(seconds: 7200)
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                #expect(scenario.sandbox.car.counters.imports == 0)
                #expect(scenario.sandbox.car.counters.edgePatches == 0)
                #expect(scenario.sandbox.car.counters.deleteCalls == 0)
                #expect(scenario.sandbox.car.counters.savePointWrites == 1)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `ask only for the machines that were seen`() async throws {
            try await withService(.small(machines: 300), environment: ["INCREMENTAL_OVERLAP": "0s"]) {
                scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.sandbox.estate.advance(seconds: 1800)
                scenario.sandbox.estate.mutate { state in
                    for machine in state.machines.filter({
                        $0.healthStatus == "Active" && $0.id.allSatisfy(\.isHexDigit)
                    }).suffix(20) {
                        _ = state.updateMachine(id: machine.id) { _ in }
                    }
                }
                let before = scenario.sandbox.defender.counters["logonusers"].calls
                let pages = scenario.sandbox.defender.counters["machines"].calls
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                #expect(scenario.sandbox.defender.counters["logonusers"].calls - before == 20)
                // Those seen, and those that may count as deleted.
                #expect(scenario.sandbox.defender.counters["machines"].calls - pages == 2)
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `delete a machine that was not seen for long, once`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let id = scenario.sandbox.estate.mutate { state in
                    let id = state.machines[13].id
                    let longAgo = state.now.adding(seconds: -16 * 86_400)
                    _ = state.updateMachine(id: id, reports: false) { machine in
                        machine.healthStatus = "Inactive"
                        machine.lastSeen = longAgo
                    }
                    return id
                }
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph(allowsLooseVertices: true)
                #expect(scenario.sandbox.car.graph(source: Scenario.source).vertices["asset"]?[id] == nil)
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                #expect(scenario.sandbox.car.counters.deleteCalls == 1)
                scenario.sandbox.estate.mutate { state in
                    _ = state.updateMachine(id: id) { $0.healthStatus = "Active" }
                }
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph("back", allowsLooseVertices: true)
            }
        }
    }
}
