import ConnectorCore
import Foundation
import Sandbox
import Testing

/// Random tenants, changes, runs, faults of both services and deaths of the process, over real sockets: after every run
/// that succeeds CAR shows what Defender knows, and one that fails has the right class and retires nothing.
///
/// `DEFENDER_CAR_SEQUENCES` gives another number of sequences, `DEFENDER_CAR_SEED` the first seed.
@Suite struct `Random sequences against the simulators` {
    static let first = UInt64(ProcessInfo.processInfo.environment["DEFENDER_CAR_SEED"] ?? "") ?? 1
    static let count = UInt64(ProcessInfo.processInfo.environment["DEFENDER_CAR_SEQUENCES"] ?? "") ?? 200
    /// Each waits for sockets most of the time.
    private static let atOnce = 3

    @Test(arguments: VulnerabilitySource.allCases)
    func `keep CAR true`(vulnerabilities: VulnerabilitySource) async {
        await withTaskGroup(of: String?.self) { group in
            var seeds = (Self.first..<Self.first + Self.count).makeIterator()
            func add() {
                guard let seed = seeds.next() else { return }
                group.addTask { await SandboxSequence.problem(seed: seed, vulnerabilities) }
            }
            for _ in 0..<Self.atOnce { add() }
            while let problem = await group.next() {
                if let problem { Issue.record("\(problem)") }
                add()
            }
        }
    }
}

private struct SandboxSequence {
    private let world: SandboxWorld
    private let endpoints: [String]
    private var evolution: EstateEvolution
    private var random: SplitMix
    private var jobs = 0
    /// What happened, for the message.
    private var story: [String] = []
    private var problems: [String] = []

    /// Runs the sequence; `nil` where all was as it should be.
    static func problem(seed: UInt64, _ vulnerabilities: VulnerabilitySource) async -> String? {
        do {
            var sequence = try SandboxSequence(seed: seed, vulnerabilities)
            defer { sequence.world.end() }
            do {
                try await sequence.run()
            } catch {
                sequence.problems.append("\(error)")
            }
            guard !sequence.problems.isEmpty else { return nil }
            return
                "\(vulnerabilities), \(seed): \(sequence.problems.joined(separator: "; "))\n\(sequence.story.joined(separator: "\n"))"
        } catch {
            return "seed \(seed): the simulators did not start: \(error)"
        }
    }

    private init(seed: UInt64, _ vulnerabilities: VulnerabilitySource) throws {
        evolution = EstateEvolution(seed: seed &* 7919)
        // By hunting, a text that changes alone is seen at the next initial import.
        evolution.changesCVEs = vulnerabilities == .export
        endpoints =
            Self.endpoints
            + (vulnerabilities == .export ? ["vulnerabilityexport", "vulnerabilitychanges", "vulnerabilities"] : [])
        // A source of its own: the sequences by hunting stay what they are.
        var pages = SplitMix(seed: seed &* 104_729)
        random = SplitMix(seed: seed)
        var options = SandboxOptions()
        options.seed = seed
        options.machines = random.pick([3, 9, 32])
        options.vulnerabilityRowsPerMachine = random.pick([0, 3, 6])
        options.alerts = random.pick([0, 6])
        options.pageMaximum = random.pick([5, 10_000])
        options.nextLinks = random.pick(SandboxOptions.NextLinks.allCases)
        options.emptyListIsNotFound = random.chance(50)
        options.huntingRowLimit = random.pick([60, 100_000])
        options.carDelayMillisecondsMaximum = random.pick([0, 8])
        options.carJobPolls = random.pick([0, 2])
        world = try SandboxWorld(
            options,
            run: RunOptions(
                vulnerabilitySource: vulnerabilities, deleteGuardMachines: 1000,
                machinesPerPage: random.pick([4, 100]),
                alertsPerPage: random.pick([3, 100]), vulnerabilitiesPerPage: pages.pick([7, 40, 20_000]),
                cvesPerPage: pages.pick([30, 8000]),
                machinesPerBatch: random.pick([2, 5, 150]), batchesInFlight: random.pick([1, 3]), batchStartsMax: 100),
            deadlineSeconds: 2)
    }

    private mutating func run() async throws {
        for _ in 0..<Int.random(in: 3...7, using: &random) where problems.isEmpty {
            evolution.change(world.sandbox.estate)
            try await runOnce()
        }
    }

    /// One job, through faults and deaths to its end.
    private mutating func runOnce() async throws {
        let job = try nextJob()
        let (savePoint, assets) = (world.savePoint ?? "", world.assets)
        let started = world.sandbox.estate.now
        var isExact = true
        // Killed at its very end a run has written its save point, as has one whose answer was lost.
        var mayHaveSaved = false
        mayHaveSaved = setFaults().contains("car.source.patch")
        for attempt in 0..<6 {
            let lifeline = attempt == 5 ? Lifeline() : lifeline()
            do {
                try await world.run(job, lifeline: lifeline)
                break
            } catch  where lifeline.isDead {
                story.append("  killed")
                mayHaveSaved = true
                if random.chance(30) {
                    story.append("  changed meanwhile")
                    evolution.change(world.sandbox.estate)
                    isExact = false
                }
            } catch {
                check(JobFailure(describing: error), savePoint: mayHaveSaved ? nil : savePoint, assets: assets)
                clearFaults()
                if random.chance(50) { try await world.cleanUp(job) }
                return
            }
        }
        clearFaults()
        try await world.cleanUp(job)
        story.append("  succeeded")
        evolution.followedSince = started
        if !isExact {
            evolution.followedSince = world.sandbox.estate.now
            let next = try nextJob(.incremental)
            try await world.run(next)
            try await world.cleanUp(next)
            story.append("  caught up")
        }
        problems += world.differences()
        let car = world.sandbox.car.counters
        if car.sessionsLeftEarly > 0 { problems.append("the session was left before everything was confirmed") }
        if car.dangling > 0 { problems.append("dangling edges: \(car.danglingExamples)") }
    }

    private mutating func nextJob(_ kind: JobKind? = nil) throws -> Job {
        jobs += 1
        let kind = kind ?? (random.chance(25) ? .initial : .incremental)
        story.append("\(kind)")
        let digits = String(jobs)
        let id = try #require(JobID(String(repeating: "0", count: 26 - digits.count) + digits))
        return Job(
            id: id, kind: kind, connection: SandboxWorld.source, state: .running, trigger: .command,
            createdAt: world.now)
    }

    /// A failure of a run whose faults were ours to choose: never our own, and CAR is as it was or on its way.
    ///
    /// - Parameter savePoint: before the job; `nil` where an earlier process of it may have written a new one.
    private mutating func check(_ failure: JobFailure, savePoint: String?, assets: Set<String>) {
        story.append("  failed: \(failure.class) \(failure.code) \(failure.message)")
        let codes: ClosedRange<Int> =
            switch failure.class {
            case .recoverable: 10...10
            case .unrecoverable: 20...20
            case .datasource: 50...55
            case .internal: 0...0
            }
        if !codes.contains(failure.code) { problems.append("class \(failure.class) with code \(failure.code)") }
        let now = world.savePoint ?? ""
        // Resetting it is an attempt; a CAR that fails may refuse that, too.
        if let savePoint, now != savePoint, !(failure.class == .unrecoverable && now == "") {
            problems.append("the save point went from \"\(savePoint)\" to \"\(now)\"")
        }
        let retired = assets.intersection(world.expectedAssets).subtracting(world.assets)
        if !retired.isEmpty { problems.append("retired though still there: \(retired.sorted())") }
    }

    // MARK: What goes wrong

    private mutating func lifeline() -> Lifeline {
        guard random.chance(45) else { return Lifeline() }
        let call = Int.random(in: 1...120, using: &random)
        let afterEffect = random.chance(50)
        story.append("  to die at call \(call)\(afterEffect ? " after its effect" : "")")
        return Lifeline(atCall: call, .kill(afterEffect: afterEffect))
    }

    /// - Returns: the endpoints.
    private mutating func setFaults() -> Set<String> {
        guard random.chance(50) else { return [] }
        var endpoints: Set<String> = []
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let endpoint = random.pick(self.endpoints)
            let kind = kind(for: endpoint)
            var fault = Fault(
                endpoint, kind, after: Int.random(in: 0...6, using: &random),
                count: random.chance(70) ? Int.random(in: 1...3, using: &random) : nil)
            // Said twice it is believed, as documented: there is no such thing.
            if kind == .status(404) { fault.count = 1 }
            story.append(
                "  fault: \(endpoint) \(fault.kind) after \(fault.after), \(fault.count.map(String.init) ?? "all")")
            let isCAR = endpoint.hasPrefix("car.")
            (isCAR ? world.sandbox.car.faults : world.sandbox.defender.faults).add(fault)
            endpoints.insert(endpoint)
        }
        return endpoints
    }

    private func clearFaults() {
        world.sandbox.car.faults.clear()
        world.sandbox.defender.faults.clear()
    }

    private static let endpoints = [
        "token", "machines", "logonusers", "hunting", "alerts", "car.imports", "car.importstatus", "car.databases",
        "car.jobstatus", "car.session.enter", "car.session.leave", "car.source.get", "car.source.patch",
        "car.edge.patch", "car.delete",
    ]

    private mutating func kind(for endpoint: String) -> Fault.Kind {
        var kinds: [Fault.Kind] = [
            .delay(milliseconds: 20), .resetBefore, .resetAfter, .truncate, .status(401), .status(403), .status(404),
            .status(500), .status(503), .html(status: 502), .html(status: 200), .wrongJSON, .wrongShape, .empty,
            .throttle(retryAfterSeconds: 0),
        ]
        // Nothing tells a success with no or any JSON from a request that was never applied.
        if ["car.edge.patch", "car.delete"].contains(endpoint) {
            kinds.removeAll { $0 == .empty || $0 == .wrongShape }
        }
        if endpoint == "car.imports" { kinds += [.importFails(statusCode: 400), .importFails(statusCode: 500)] }
        if endpoint == "car.importstatus" { kinds.append(.statusWithoutLists) }
        if endpoint.hasPrefix("car.session") { kinds.append(.jobFails) }
        return random.pick(kinds)
    }
}
