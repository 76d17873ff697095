import ConnectorCore
import Foundation
import Testing

/// Random estates, changes, runs, failures and deaths of the process; CAR has to follow Defender through all of it.
///
/// `RUN_SEQUENCES` gives another number of sequences, `RUN_SEED` the first seed.
@Suite struct `Random sequences of runs` {
    static let first = UInt64(ProcessInfo.processInfo.environment["RUN_SEED"] ?? "") ?? 1
    static let count = UInt64(ProcessInfo.processInfo.environment["RUN_SEQUENCES"] ?? "") ?? 200

    @Test func `end with CAR as Defender implies`() async throws {
        for seed in Self.first..<Self.first + Self.count {
            var sequence = try Sequence(seed: seed)
            do {
                try await sequence.run()
            } catch {
                Issue.record("seed \(seed): \(error)\n\(sequence.story.joined(separator: "\n"))")
            }
            let differences = sequence.differences
            if !differences.isEmpty {
                Issue.record(
                    """
                    seed \(seed): \(differences.joined(separator: "; "))
                    \(sequence.story.joined(separator: "\n"))
                    """)
                return
            }
        }
    }

    struct Sequence {
        let world: World
        var evolution: Evolution
        var random: SplitMix
        var differences: [String] = []
        /// What happened, for the message.
        var story: [String] = []
        /// Whether no run has failed since CAR was last as Defender implied.
        var isSettled = false
        let options: RunOptions

        init(seed: UInt64) throws {
            world = try World()
            evolution = Evolution(seed: seed &* 7919)
            random = SplitMix(seed: seed)
            options = RunOptions(
                deleteGuardMachines: 1000, machinesPerPage: random.pick([2, 4, 100]),
                alertsPerPage: random.pick([1, 3, 100]),
                machinesPerBatch: random.pick([1, 3, 150]), batchesInFlight: random.pick([1, 3]), batchStartsMax: 100)
        }

        mutating func run() async throws {
            for _ in 0..<Int.random(in: 3...9, using: &random) {
                evolve()
                try await runOnce()
                guard differences.isEmpty else { return }
            }
        }

        private mutating func evolve() {
            world.estate { evolution.change(&$0) }
        }

        /// One job, through deaths to its end; where it succeeds, CAR is compared, after one more run if the estate has
        /// changed meanwhile or if the run left something out.
        private mutating func runOnce() async throws {
            let chosen = JobOptions(
                alerts: random.chance(12) ? false : nil, vulnerabilities: random.chance(12) ? false : nil)
            let job = try world.job(random.chance(25) ? .initial : .incremental, chosen)
            story.append("\(job.kind) \(chosen)")
            var isExact = chosen == JobOptions()
            let before = isSettled ? world.car.activeEdges : []
            for _ in 0..<6 {
                let lifeline = lifeline()
                do {
                    try await world.run(job, options: options, lifeline: lifeline) { _ in }
                    break
                } catch  where lifeline.isDead {
                    story.append("killed")
                    if random.chance(60) {
                        evolve()
                        isExact = false
                    }
                } catch let error as PortFailure {
                    story.append("failed: \(error.jobFailure.class)")
                    isSettled = false
                    return try await cleanUp(job)
                }
            }
            try await world.run(job, options: options)
            try await cleanUp(job)
            story.append("succeeded \(try await world.report(of: job).isBalanced)")
            differences = lost(of: before, chosen)
            guard differences.isEmpty else { return }
            try await compare(isExact: isExact)
        }

        /// Edges of machines that are still there, of what was not to be read.
        private func lost(of before: Set<Edge>, _ chosen: JobOptions) -> [String] {
            var kinds: [String] = []
            if chosen.alerts == false { kinds.append("alert-") }
            if chosen.vulnerabilities == false { kinds += ["CVE-", "v:"] }
            let estate = world.estate { $0 }
            let present = Set(estate.devices.filter { !ExpectedGraph.isDeleted($0, in: estate) }.map(\.id.text))
            return before.subtracting(world.car.activeEdges).filter { edge in
                present.contains(edge.from) && kinds.contains { edge.to.hasPrefix($0) }
            }.map { "lost \($0)" }
        }

        private mutating func compare(isExact: Bool) async throws {
            if !isExact {
                // Several runs may pass before what was left out is caught up.
                guard random.chance(50) else { return }
                try await world.run(world.job(.incremental), options: options)
                story.append("caught up")
            }
            differences = world.differences()
            isSettled = true
            world.estate { estate in for index in estate.devices.indices { estate.devices[index].isDirty = false } }
        }

        private mutating func cleanUp(_ job: Job) async throws {
            if random.chance(50) { try await world.cleanUp(job) }
        }

        private mutating func lifeline() -> Lifeline {
            guard random.chance(65) else { return Lifeline() }
            let call = Int.random(in: 1...70, using: &random)
            let afterEffect = random.chance(50)
            if random.chance(60) {
                story.append("to die at call \(call) after effect \(afterEffect)")
                return Lifeline(atCall: call, .kill(afterEffect: afterEffect))
            }
            let failure = random.pick([
                JobFailure.recoverable("CAR is away"), .unrecoverable("CAR refuses"),
                .dataSource(.unreachable, "Defender is away"),
            ])
            return Lifeline(atCall: call, .fail(failure, afterEffect: afterEffect))
        }
    }
}
