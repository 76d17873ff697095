/// Tells the job how far it is: phases at once, counts a few times a second at most.
actor RunProgress {
    private static let pause = Duration.milliseconds(250)
    private static let watchPause = Duration.seconds(5)

    private let ports: RunPorts
    private let options: RunOptions
    private var progress = JobProgress()
    private var lastRecorded: ContinuousClock.Instant?
    private var detailsStarted: ContinuousClock.Instant?
    private var doneAtStart = 0
    /// What the clients had counted when this attempt began, less what earlier attempts of the job took.
    private let requestsBefore: JobProgress.Requests

    /// - Parameter earlier: requests of the job's earlier attempts.
    init(ports: RunPorts, options: RunOptions, earlier: JobProgress) {
        self.ports = ports
        self.options = options
        progress.forecast = earlier.forecast
        let earlier = earlier.requests
        requestsBefore = JobProgress.Requests(
            defender: ports.defender.requestCount - earlier.defender, car: ports.car.requestCount - earlier.car)
    }

    func enter(_ phase: JobProgress.Phase, machines: JobProgress.Count) async throws {
        progress.phase = phase
        progress.machines = machines
        detailsStarted = phase == .details ? .now : nil
        doneAtStart = machines.done
        try await record()
    }

    func update(machines: JobProgress.Count) async throws {
        progress.machines = machines
        try await recordIfDue()
    }

    func finished(machines count: Int) async throws {
        progress.machines.done += count
        try await recordIfDue()
    }

    func finish() async throws {
        progress.etaSeconds = 0
        try await record()
    }

    /// Tells what the run will ask of Defender.
    func announce(_ calls: DefenderCalls) async throws {
        let seconds = ports.defender.forecast(calls).seconds
        progress.forecast = JobProgress.Forecast(calls: calls, seconds: Int(seconds.rounded(.up)))
        try await record()
    }

    /// Keeps the job current while nothing else happens because calls wait for the limits. Ends when cancelled.
    func watchWaits() async {
        while !Task.isCancelled {
            // Throws when cancelled, which the condition sees.
            try? await Task.sleep(for: Self.watchPause)
            let isWaiting = ports.defender.forecast(DefenderCalls()).waitSeconds > 1
            // What is not recorded now is recorded next time.
            if !Task.isCancelled, isWaiting || progress.waitingUntil != nil { try? await record() }
        }
    }

    private func recordIfDue() async throws {
        if let lastRecorded, ContinuousClock.now - lastRecorded < Self.pause { return }
        try await record()
    }

    private func record() async throws {
        lastRecorded = .now
        progress.requests.defender = ports.defender.requestCount - requestsBefore.defender
        progress.requests.car = ports.car.requestCount - requestsBefore.car
        progress.etaSeconds = estimate()
        let wait = ports.defender.forecast(DefenderCalls()).waitSeconds
        progress.waitingUntil = wait > 1 ? ports.now().adding(seconds: Int64(wait.rounded(.up))) : nil
        try await ports.record(JobUpdate(progress: progress))
    }

    /// The longer of what the pace so far and what the API limits allow; `nil` while neither is known.
    private func estimate() -> Int? {
        guard progress.phase == .machines || progress.phase == .details else { return 0 }
        let left = progress.machines.total - progress.machines.done
        guard progress.phase == .details, left >= 0 else { return nil }
        let byLimits = ports.defender.forecast(options.calls(machines: left)).seconds
        var byPace = 0.0
        if let detailsStarted, progress.machines.done > doneAtStart {
            let elapsed = ContinuousClock.now - detailsStarted
            byPace = elapsed / .seconds(1) * Double(left) / Double(progress.machines.done - doneAtStart)
        }
        // Nothing is done yet, and no limit holds it up: how long it takes is not known.
        if byPace == 0, byLimits == 0, left > 0 { return nil }
        return Int(max(byLimits, byPace).rounded(.up))
    }
}
