import ConnectorCore
import GRDB
import Sandbox
import Testing

@testable import Store

/// Runs whose vulnerabilities come from the export, against the simulators.
@Suite struct `Runs by the vulnerability export` {
    /// A world, and jobs in it.
    private struct Runs {
        let world: SandboxWorld
        private var jobs = 0

        init(
            machines: Int = 36, pageSize: Int = 40, guardedMachines: Int = 1000, estate: Estate? = nil,
            _ change: (inout SandboxOptions) -> Void = { _ in }
        ) throws {
            var options = SandboxOptions()
            options.machines = machines
            options.vulnerabilityRowsPerMachine = 8
            options.alerts = 6
            options.carDelayMillisecondsMaximum = 0
            change(&options)
            world = try SandboxWorld(
                options,
                run: RunOptions(
                    vulnerabilitySource: .export, deleteGuardMachines: guardedMachines,
                    vulnerabilitiesPerPage: pageSize,
                    cvesPerPage: 50, machinesPerBatch: 10),
                estate: estate)
        }

        var estate: Estate { world.sandbox.estate }
        func calls(_ endpoint: String) -> Int { world.sandbox.defender.counters[endpoint].calls }

        mutating func job(_ kind: JobKind) throws -> Job {
            jobs += 1
            let digits = String(jobs)
            let id = try #require(JobID(String(repeating: "0", count: 26 - digits.count) + digits))
            return Job(
                id: id, kind: kind, connection: SandboxWorld.source, state: .running, trigger: .command,
                createdAt: world.now)
        }

        @discardableResult
        mutating func run(_ kind: JobKind) async throws -> Job {
            let job = try job(kind)
            try await world.run(job)
            return job
        }

        func checkpoint(_ job: Job) async throws -> RunCheckpoint {
            try await SQLiteRunStore(writer: world.database).openRun(
                job.id, connection: job.connection, now: world.now)
        }

        func report(_ job: Job) async throws -> ImportReport {
            try await SQLiteRunStore(writer: world.database).report(ofRun: job.id)
        }

        var pendingRows: Int {
            get throws {
                try world.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM pending_finding") ?? 0 }
            }
        }

        /// Ordinary machines that report, by place.
        var active: [String] {
            estate.snapshot().machines.filter { $0.healthStatus == "Active" && $0.id.count == 40 }.map(\.id)
        }
    }

    private static let newcomer = SoftwareRow(vendor: "fabrikam", name: "fresh", version: "9", cveId: "CVE-2026-777")

    @Test func `after one by hunting take away software without a CVE that it brought`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        let hunting = SandboxWorld(sharing: runs.world, run: RunOptions(machinesPerBatch: 10))
        let seen = runs.active
        for world in [hunting, runs.world] {
            runs.estate.advance(seconds: 3600)
            for id in seen { runs.estate.mutate { $0.updateMachine(id: id) { _ in } } }
            let job = try runs.job(.incremental)
            try await world.run(job)
            #expect(try await runs.checkpoint(job).effectiveKind == .incremental)
            #expect(world.differences() == [])
        }
    }

    @Test func `give the graph that hunting gives, without hunting for vulnerabilities`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        let job = try await runs.run(.initial)
        #expect(runs.world.differences() == [])
        // Addresses alone.
        #expect(runs.calls("hunting") == 4)
        #expect(runs.calls("vulnerabilityexport") > 3)
        #expect(runs.calls("vulnerabilitychanges") == 0)
        let report = try await runs.report(job)
        #expect(report.isBalanced)
        let rows = report.records["vulnerabilities"]
        #expect(rows?.read == runs.world.sandbox.defender.counters["vulnerabilityexport"].rows)
        #expect((rows?.skipped["no_cve"] ?? 0) > 0)
        #expect((rows?.skipped["invalid_id"] ?? 0) > 0)
        #expect((rows?.skipped["unknown_machine"] ?? 0) > 0)
    }

    @Test func `follow what changes by the changes alone`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        let pages = runs.calls("vulnerabilityexport")
        for step in 0..<4 {
            runs.estate.advance(seconds: 7000)
            let ids = runs.active
            runs.estate.mutate { state in
                state.updateSoftware(of: ids[step]) { $0.removeFirst() }
                state.updateSoftware(of: ids[step + 1]) { $0.append(Self.newcomer) }
                state.updateSoftware(of: ids[step + 2]) { $0 = [] }
                state.updateMachine(id: ids[step + 3]) { $0.rbacGroupId += 1 }
                if step == 2 {
                    state.setCVE(
                        CVE(id: "CVE-2026-777", score: .number(9.1), publishedDate: state.now, description: "Fresh."))
                }
            }
            let hunted = runs.calls("hunting")
            let job = try await runs.run(.incremental)
            #expect(try await runs.checkpoint(job).effectiveKind == .incremental)
            #expect(runs.world.differences() == [], "step \(step)")
            #expect(runs.calls("hunting") == hunted + 1, "vulnerabilities were hunted for")
            #expect(try await runs.report(job).isBalanced)
        }
        #expect(runs.calls("vulnerabilityexport") == pages)
    }

    @Test func `keep the changes of a machine until it is seen`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        let id = runs.active[3]
        runs.estate.advance(seconds: 86_400)
        runs.estate.mutate { state in
            let rows = state.machine(id: id).map(state.softwareRows(of:)) ?? []
            state.updateMachine(id: id, reports: false) { $0.software = Array(rows.dropFirst(2)) + [Self.newcomer] }
        }
        try await runs.run(.incremental)
        #expect(try runs.pendingRows > 0)
        runs.estate.advance(seconds: 86_400)
        try await runs.run(.incremental)
        let waiting = try runs.pendingRows
        #expect(waiting > 0)
        // It is not seen, so CAR still shows what it had.
        #expect(runs.world.differences() != [])
        runs.estate.advance(seconds: 86_400)
        runs.estate.mutate { _ = $0.updateMachine(id: id) { _ in } }
        try await runs.run(.incremental)
        #expect(runs.world.differences() == [])
        #expect(try runs.pendingRows < waiting)
    }

    @Test func `forget the changes of a machine that is deleted`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        let id = runs.active[3]
        runs.estate.advance(seconds: 86_400)
        runs.estate.mutate { state in
            let longAgo = state.now.adding(seconds: -16 * 86_400)
            state.updateMachine(id: id, reports: false) { machine in
                machine.software = []
                machine.healthStatus = "Inactive"
                machine.lastSeen = longAgo
            }
        }
        try await runs.run(.incremental)
        #expect(runs.world.differences() == [])
        #expect(try runs.pendingRows == 0)
        // It comes back as a new machine, with what it has now.
        runs.estate.advance(seconds: 86_400)
        runs.estate.mutate { state in
            state.updateMachine(id: id) { $0.healthStatus = "Active" }
            state.updateSoftware(of: id) { $0 = [Self.newcomer] }
        }
        let hunted = runs.calls("hunting")
        try await runs.run(.incremental)
        #expect(runs.world.differences() == [])
        #expect(runs.calls("hunting") == hunted + 2)
    }

    @Test func `send a CVE again when its text or score changes, and nothing else`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        runs.estate.advance(seconds: 3600)
        runs.world.sandbox.car.resetCounters()
        let id = try #require(
            runs.estate.snapshot().machine(id: runs.active[0]).flatMap {
                let state = runs.estate.snapshot()
                return state.softwareRows(of: $0).compactMap(\.cveId).first { state.cve(id: $0) != nil }
            })
        runs.estate.mutate { state in
            guard var cve = state.cve(id: id) else { return }
            cve.description = "Rewritten."
            cve.score = .number(3.3)
            state.setCVE(cve)
        }
        let job = try await runs.run(.incremental)
        #expect(runs.world.differences() == [])
        let sent = try await runs.report(job).objects["vulnerability"]
        #expect(sent?.sent == 1)
        #expect(sent?.updated == 1)
        runs.estate.advance(seconds: 3600)
        let next = try await runs.run(.incremental)
        #expect(try await runs.report(next).objects["vulnerability"] == nil)
    }

    @Test func `become initial imports where changes can't be followed`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        runs.estate.advance(seconds: 15 * 86_400)
        runs.estate.mutate { state in
            for machine in state.machines where machine.healthStatus == "Active" {
                state.updateMachine(id: machine.id) { _ in }
            }
        }
        let job = try await runs.run(.incremental)
        let checkpoint = try await runs.checkpoint(job)
        #expect(checkpoint.effectiveKind == .initial)
        #expect(checkpoint.fallbackReason?.contains("14 days") == true)
        #expect(runs.world.differences() == [])
        runs.estate.advance(seconds: 3600)
        let next = try await runs.run(.incremental)
        #expect(try await runs.checkpoint(next).effectiveKind == .incremental)
    }

    @Test func `begin with an initial import after hunting, and follow changes over runs by hunting`() async throws {
        let estate = Estate.generate(seed: 3, machines: 36, vulnerabilityRowsPerMachine: 6, alerts: 4)
        var options = SandboxOptions()
        options.carDelayMillisecondsMaximum = 0
        let hunting = try SandboxWorld(options, estate: estate)
        defer { hunting.end() }
        let export = SandboxWorld(
            sharing: hunting, run: RunOptions(vulnerabilitySource: .export, deleteGuardMachines: 1000))
        func job(_ number: Int, _ kind: JobKind) throws -> Job {
            let id = try #require(JobID(String(repeating: "0", count: 25) + String(number)))
            return Job(
                id: id, kind: kind, connection: SandboxWorld.source, state: .running, trigger: .command,
                createdAt: hunting.now)
        }
        let store = SQLiteRunStore(writer: hunting.database)
        try await hunting.run(job(1, .initial))
        estate.advance(seconds: 3600)
        try await export.run(job(2, .incremental))
        let first = try await store.openRun(job(2, .incremental).id, connection: SandboxWorld.source, now: hunting.now)
        #expect(first.effectiveKind == .initial)
        #expect(first.fallbackReason?.contains("export") == true)
        #expect(export.differences() == [])

        // A machine changes unseen, another is read by hunting in between; both are right when they are seen.
        let ids = estate.snapshot().machines.filter { $0.healthStatus == "Active" && $0.id.count == 40 }.map(\.id)
        estate.advance(seconds: 86_400)
        estate.mutate { state in
            for id in ids.prefix(2) {
                state.updateMachine(id: id, reports: false) { $0.software = [Self.newcomer] }
            }
        }
        try await export.run(job(3, .incremental))
        estate.advance(seconds: 3600)
        estate.mutate { state in state.updateSoftware(of: ids[0]) { $0 = [] } }
        try await hunting.run(job(4, .incremental))
        estate.advance(seconds: 3600)
        estate.mutate { state in for id in ids.prefix(2) { state.updateMachine(id: id) { _ in } } }
        try await export.run(job(5, .incremental))
        let last = try await store.openRun(job(5, .incremental).id, connection: SandboxWorld.source, now: hunting.now)
        #expect(last.effectiveKind == .incremental)
        #expect(export.differences() == [])
    }

    @Test func `end as they began where the setting changes while they wait`() async throws {
        var options = SandboxOptions()
        options.machines = 30
        options.carDelayMillisecondsMaximum = 0
        let hunting = try SandboxWorld(options)
        defer { hunting.end() }
        let export = SandboxWorld(sharing: hunting, run: RunOptions(vulnerabilitySource: .export))
        func job(_ number: Int, _ kind: JobKind) throws -> Job {
            let id = try #require(JobID(String(repeating: "0", count: 25) + String(number)))
            return Job(
                id: id, kind: kind, connection: SandboxWorld.source, state: .running, trigger: .command,
                createdAt: hunting.now)
        }
        try await hunting.run(job(1, .initial))
        let estate = hunting.sandbox.estate
        estate.advance(seconds: 3600)
        let id = try #require(estate.snapshot().machines.first { $0.healthStatus == "Active" && $0.id.count == 40 }?.id)
        estate.mutate { state in state.updateSoftware(of: id) { $0 = [Self.newcomer] } }
        let job2 = try job(2, .incremental)
        await #expect(throws: Killed.self) {
            try await hunting.run(job2, lifeline: Lifeline(at: "defender.findings", .kill(afterEffect: false)))
        }
        try await export.run(job2)
        #expect(hunting.differences() == [])
        #expect(hunting.sandbox.defender.counters["vulnerabilitychanges"].calls == 0)
        // What it left behind can't be followed by changes.
        let job3 = try job(3, .incremental)
        try await export.run(job3)
        let store = SQLiteRunStore(writer: hunting.database)
        let checkpoint = try await store.openRun(job3.id, connection: SandboxWorld.source, now: hunting.now)
        #expect(checkpoint.effectiveKind == .initial)
        #expect(export.differences() == [])
    }

    // MARK: Walks that do not go well

    @Test(arguments: [JobKind.initial, .incremental]) func `go on with the page where a process died`(
        kind: JobKind
    ) async throws {
        var runs = try Runs(pageSize: kind == .initial ? 40 : 15)
        defer { runs.world.end() }
        if kind == .incremental { try await runs.run(.initial) }
        runs.estate.advance(seconds: 3600)
        let ids = runs.active
        runs.estate.mutate { state in for id in ids { state.updateSoftware(of: id) { $0 = [$0[0], Self.newcomer] } } }
        let endpoint = kind == .initial ? "vulnerabilityexport" : "vulnerabilitychanges"
        let before = runs.calls(endpoint)
        let job = try runs.job(kind)
        let calls = kind == .initial ? ["defender.export", "store.addPage"] : ["defender.changes", "store.addChanges"]
        for name in calls {
            await #expect(throws: (any Error).self) {
                try await runs.world.run(job, lifeline: Lifeline(at: name, .kill(afterEffect: true)))
            }
        }
        try await runs.world.run(job)
        #expect(runs.world.differences() == [])
        // The answer that was lost with the first process is asked for again, and no other.
        let pages = try await runs.checkpoint(job).vulnerabilities?.pagesRead ?? 0
        #expect(pages >= 3)
        #expect(runs.calls(endpoint) == before + pages + 1)
        #expect(try await runs.report(job).isBalanced)
    }

    @Test func `begin the walk anew where Defender does not go on with it`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        runs.world.sandbox.setFaults([Fault("vulnerabilityexport", .status(400), after: 3, count: 1)])
        let job = try await runs.run(.initial)
        #expect(runs.world.differences() == [])
        let walk = try #require(try await runs.checkpoint(job).vulnerabilities)
        #expect(walk.restarts == 1)
        #expect(runs.calls("vulnerabilityexport") == walk.pagesRead + 4)
        #expect(try await runs.report(job).isBalanced)
    }

    @Test(arguments: [
        Fault.Kind.status(500), .status(403), .status(400), .wrongShape, .wrongJSON, .nextLinkLoops, .duplicatePage,
        .missingPage,
    ])
    func `retire nothing where the walk does not come to its end`(kind: Fault.Kind) async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.run(.initial)
        let (savePoint, entered) = (runs.world.savePoint, runs.world.sandbox.car.counters.sessionsEntered)
        runs.estate.advance(seconds: 3600)
        runs.world.sandbox.setFaults([Fault("vulnerabilityexport", kind, after: 2, count: nil)])
        await #expect(throws: (any Error).self) { try await runs.run(.initial) }
        #expect(runs.world.savePoint == savePoint)
        #expect(runs.world.sandbox.car.counters.sessionsEntered == entered)
        #expect(runs.world.differences() == [])
        runs.world.sandbox.setFaults([])
        try await runs.run(.incremental)
        #expect(runs.world.differences() == [])
    }

    @Test func `refuse an export without any row where there was something`() async throws {
        var runs = try Runs(guardedMachines: 10)
        defer { runs.world.end() }
        try await runs.run(.initial)
        runs.estate.advance(seconds: 3600)
        runs.world.sandbox.setFaults([Fault("vulnerabilityexport", .missingPage, count: nil)])
        let error = await #expect(throws: JobFailureError.self) { try await runs.run(.initial) }
        #expect(error.map { JobFailure(describing: $0).message.contains("DELETE_GUARD_PERCENT") } == true)
        #expect(runs.world.differences() == [])
    }

    @Test(arguments: [Fault.Kind.missingPage, .duplicatePage, .nextLinkElsewhere, .nextLinkLoops, .truncate])
    func `take what comes once for what it is`(kind: Fault.Kind) async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        runs.world.sandbox.setFaults([Fault("vulnerabilityexport", kind, after: 2, count: 1)])
        try await runs.run(.initial)
        #expect(runs.world.differences() == [])
    }

    @Test func `leave nothing of the walk behind`() async throws {
        var runs = try Runs()
        defer { runs.world.end() }
        try await runs.world.cleanUp(runs.run(.initial))
        runs.estate.advance(seconds: 3600)
        try await runs.world.cleanUp(runs.run(.initial))
        for table in VulnerabilityTables.ofJobs {
            let rows = try await runs.world.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") }
            #expect(rows == 0, "\(table)")
        }
        let generations = try await runs.world.database.read {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM export_progress")
        }
        #expect(generations == 1)
    }
}
