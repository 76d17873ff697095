import Sandbox

/// Changes a simulated tenant at random in every way that the mapping names, many at once.
struct EstateEvolution {
    private static let day = 86_400.0

    var random: SplitMix
    /// When the last run began that CAR followed. A machine that has reported since does not become Inactive before the
    /// next one: it would keep the vulnerabilities that CAR shows, as the mapping has it.
    var followedSince: EstateTime?

    /// Whether entries of the knowledge base change, and machines move to other device groups.
    var changesCVEs = false

    /// Days passed so far. Adapter rows older than 30 days vanish from Defender without their machine reporting.
    private var days = 0.0

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func change(_ estate: Estate) {
        if days < 10, random.chance(12) {
            passDays(estate)
        } else {
            estate.advance(seconds: Double.random(in: 1...20_000, using: &random))
        }
        var generator = random
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            // Each in a state of its own: a closure may not change what it captures.
            let seed = generator.next()
            estate.mutate { [followedSince] state in
                var step = EstateStep(random: SplitMix(seed: seed), followedSince: followedSince)
                step.apply(to: &state)
            }
        }
        random = generator
        if changesCVEs, random.chance(40) { changeCVE(estate) }
    }

    private mutating func changeCVE(_ estate: Estate) {
        let seed = random.next()
        estate.mutate { state in
            var random = SplitMix(seed: seed)
            guard let machine = state.machines.randomElement(using: &random) else { return }
            if random.chance(50) {
                state.updateMachine(id: machine.id, reports: false) { $0.rbacGroupId += 1 }
            }
            guard let id = state.softwareRows(of: machine).randomElement(using: &random)?.cveId,
                var cve = state.cve(id: id)
            else { return }
            // Never none: CAR keeps a field that an import leaves out.
            cve.description = "Rewritten \(Int.random(in: 0...99, using: &random)) times."
            cve.score = .number(Double(Int.random(in: 0...100, using: &random)) / 10)
            state.setCVE(cve)
        }
    }

    /// Days in which most machines report and some stay silent: long enough to be Inactive, or to count as deleted.
    private mutating func passDays(_ estate: Estate) {
        let passed = Double.random(in: 4...17, using: &random)
        days += passed
        estate.advance(seconds: Self.day * passed)
        let seed = random.next()
        estate.mutate { [followedSince] state in
            var random = SplitMix(seed: seed)
            for machine in state.machines {
                let isFollowed = followedSince.map { machine.lastSeen < $0 } ?? false
                if machine.healthStatus == "Active", random.chance(80) || !isFollowed {
                    state.updateMachine(id: machine.id) { _ in }
                } else if machine.lastSeen < state.now.adding(seconds: -7 * Self.day) {
                    state.updateMachine(id: machine.id, reports: false) { $0.healthStatus = "Inactive" }
                }
            }
        }
    }
}

/// One change.
private struct EstateStep {
    var random: SplitMix
    let followedSince: EstateTime?

    mutating func apply(to state: inout EstateState) {
        let usable = state.machines.filter { $0.id.utf8.count == 40 }
        guard let machine = usable.randomElement(using: &random), !random.chance(10) else {
            state.addMachine()
            return
        }
        let id = machine.id
        switch Int.random(in: 0..<13, using: &random) {
        case 0:
            let users = random.some(["ann", "bob", "cy", "dee"], atMost: 3).map { LogonUser(domain: "corp", name: $0) }
            report(id, &state) { $0.users = users }
        case 1:
            let rows = state.softwareRows(of: machine)
            let kept = random.some(rows, atMost: rows.count)
            report(id, &state) { $0.software = kept }
        case 2:
            // What another machine has, too.
            let rows = (usable.randomElement(using: &random)).map(state.softwareRows(of:)) ?? []
            report(id, &state) { $0.software = rows }
        case 3:
            state.changeAddress(
                of: id, to: "10.66.0.\(Int.random(in: 1...4, using: &random))",
                macAddress: random.pick([nil, "02AABBCC0001", "02AABBCC0002"]))
            report(id, &state) { _ in }
        case 4:
            let address = random.pick([nil, "198.51.100.1", "198.51.100.2"])
            report(id, &state) { $0.lastExternalIpAddress = address }
        case 5: report(id, &state) { $0.networkRows = [] }
        case 6:
            // Never none: CAR keeps a field that an import leaves out.
            let platform = random.pick(["Windows10", "Windows11", "Ubuntu"])
            report(id, &state) { $0.osPlatform = platform }
        case 7:
            let name = random.pick(["alpha.corp", "beta.corp", nil])
            report(id, &state) {
                $0.computerDnsName = name
                $0.omitsName = false
            }
        case 8: report(id, &state) { _ in }
        case 9 where machine.healthStatus == "Active" && (followedSince.map { machine.lastSeen < $0 } ?? false):
            let seen = state.now.adding(seconds: -86_400 * Double(random.pick([8, 16])))
            state.updateMachine(id: id, reports: false) {
                $0.healthStatus = "Inactive"
                $0.lastSeen = seen
            }
        default: changeAlert(of: id, &state)
        }
    }

    /// A change that the machine tells Defender.
    private func report(_ id: String, _ state: inout EstateState, _ change: (inout EstateMachine) -> Void) {
        state.updateMachine(id: id) { machine in
            machine.healthStatus = "Active"
            change(&machine)
        }
    }

    private mutating func changeAlert(of machine: String, _ state: inout EstateState) {
        guard let alert = state.alerts.randomElement(using: &random), !random.chance(40) else {
            let number = random.next() % 1_000_000
            state.add(
                EstateAlert(
                    id: "da\(number)_1", title: "New \(number)", description: nil, machineId: machine,
                    alertCreationTime: state.now, firstEventTime: nil, lastUpdateTime: state.now))
            return
        }
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: state.updateAlert(id: alert.id) { $0.status = "Resolved" }
        case 2: state.updateAlert(id: alert.id) { $0.status = "InProgress" }
        case 3:
            let title = "Title \(Int.random(in: 0...3, using: &random))"
            state.updateAlert(id: alert.id) { $0.title = title }
        default: state.updateAlert(id: alert.id) { $0.machineId = machine }
        }
    }
}
