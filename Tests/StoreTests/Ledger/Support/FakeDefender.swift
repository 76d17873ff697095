import ConnectorCore
import Threading

/// A Defender over an estate in memory.
final class FakeDefender: Sendable {
    /// What comes of asking for descriptions of CVEs by themselves.
    enum Descriptions: Sendable {
        case all, none, refused
    }

    struct Behaviour: Sendable {
        /// The server's own cap of a page.
        var pageRowsMax = Int.max
        /// Whether every page claims that more follows.
        var linksWithoutEnd = false
        /// Whether `$skip` is ignored.
        var ignoresSkip = false
        var descriptions = Descriptions.all
        /// What happens to the estate after the call of that name and number, from 1.
        var event: (@Sendable (String, Int, inout FakeEstate) -> Void)?
        var log: [String] = []
        var calls = 0
    }

    let estate: Locked<FakeEstate>
    let behaviour = Locked(Behaviour())

    init(_ estate: FakeEstate) { self.estate = Locked(estate) }

    var log: [String] { behaviour.withLock(\.log) }
    func clearLog() { behaviour.withLock { $0.log = [] } }

    struct Port: DefenderReading {
        let defender: FakeDefender
        let lifeline: Lifeline

        private func call<Result: Sendable>(
            _ name: String, _ answer: @escaping @Sendable (FakeEstate) -> Result
        ) async throws -> Result {
            try await lifeline.call("defender." + name) {
                let (event, number) = defender.behaviour.withLock { behaviour in
                    behaviour.log.append(name)
                    behaviour.calls += 1
                    return (behaviour.event, behaviour.log.count { $0 == name })
                }
                await Task.yield()
                return defender.estate.withLock { estate in
                    defer { event?(name, number, &estate) }
                    return answer(estate)
                }
            }
        }

        private func page<Record: Sendable>(_ all: [Record], skip: Int, top: Int) -> RecordPage<Record> {
            let behaviour = defender.behaviour.withLock { $0 }
            let rows = all.dropFirst(behaviour.ignoresSkip ? 0 : skip).prefix(min(top, behaviour.pageRowsMax))
            return RecordPage(
                content: Records(records: Array(rows)),
                hasNextLink: behaviour.linksWithoutEnd)
        }

        func machines(
            _ selection: MachineSelection, addresses: AddressSource, skip: Int, top: Int
        ) async throws -> RecordPage<Machine> {
            let name =
                switch selection {
                case .all: "machines"
                case .lastSeen: "machines seen"
                case .inactive: "machines inactive"
                }
            return try await call(name) { page($0.machines(selection), skip: skip, top: top) }
        }

        func logonUsers(of id: MachineID) async throws -> Records<LogonUser>? {
            try await call("users") { estate in
                guard let index = estate.index(of: id), estate.devices[index].usersAreKnown else { return nil }
                return Records(records: estate.devices[index].users.map { LogonUser(accountName: $0) })
            }
        }

        func networkAdapters(of ids: [MachineID]) async throws -> Records<NetworkAdapter> {
            try await call("adapters") { estate in
                let wanted = Set(ids)
                return Records(records: estate.devices.filter { wanted.contains($0.id) }.flatMap(\.adapters))
            }
        }

        func logons(of ids: [MachineID]) async throws -> LogonsAnswer {
            try await call("logons") { estate in
                var answer = LogonsAnswer()
                for device in estate.devices where ids.contains(device.id) {
                    answer.users[device.id] = device.users.map { LogonUser(accountName: $0) }
                    answer.rowsRead += device.users.count
                }
                return answer
            }
        }

        func descriptions(of cves: [String]) async throws -> [String: String]? {
            let kind = defender.behaviour.withLock(\.descriptions)
            guard kind != .refused else { return nil }
            guard !cves.isEmpty, kind == .all else { return [:] }
            return try await call("descriptions \(cves.sorted().joined(separator: " "))") { estate in
                var texts: [String: String] = [:]
                for cve in cves { texts[cve] = estate.cves[cve]?.description }
                return texts
            }
        }

        func findings(of ids: [MachineID], texts: Bool) async throws -> FindingsAnswer {
            try await call("findings") { estate in
                let wanted = Set(ids)
                var answer = FindingsAnswer(cves: estate.cves)
                if !texts { for id in answer.cves.keys { answer.cves[id]?.description = nil } }
                for device in estate.devices where wanted.contains(device.id) {
                    answer.findings[device.id] = device.findings
                    answer.rowsRead += device.findings.count
                }
                return answer
            }
        }

        func alerts(_ selection: AlertSelection, skip: Int, top: Int) async throws -> RecordPage<Alert> {
            let name = selection == .open ? "alerts open" : "alerts updated"
            return try await call(name) { page($0.alerts(selection), skip: skip, top: top) }
        }

        // Not used by the scenarios of the ledger; the simulators have them.
        func vulnerabilities(after continuation: String?, pageSize: Int) async throws -> VulnerabilityPage? { nil }
        func vulnerabilityChanges(
            since: Timestamp, after continuation: String?, pageSize: Int
        ) async throws -> VulnerabilityChangePage? { nil }
        func cves(_ selection: CVESelection, skip: Int, top: Int) async throws -> RecordPage<CVE> {
            RecordPage(content: Records(records: []), hasNextLink: false)
        }

        var requestCount: Int { defender.behaviour.withLock(\.calls) }
        func forecast(_ calls: DefenderCalls) -> WaitForecast { WaitForecast(seconds: 0) }
    }
}
