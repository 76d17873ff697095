import ConnectorCore
import OutboundHTTP

/// Tries what an import needs of Entra and Defender: a login, and each permission by its cheapest real request. Reads
/// only. Eight calls at most, logins included, taken from the tenant's budgets where they are free; a budget that is used
/// up is not waited for.
public struct DefenderCheck: Sendable {
    public static let loginName = "login"
    public static let graphLoginName = "Graph login"
    private static let attemptSecondsMax = 15.0
    /// Hunting may think longer before it answers.
    private static let huntingSecondsMax = 30.0
    /// Imports take their calls one after the other, so a budget is often free again at once.
    private static let budgetPauses = [0.2, 0.5, 1]
    private static let repeatPause = 1.0

    private let settings: DefenderSettings
    private let http: HTTPClient
    private let budgets: DefenderBudgets
    private let clock: WaitClock
    private let probes: DefenderProbes

    /// - Parameter budgets: those of the tenant.
    /// - Throws: `DefenderSettingsError`.
    public init(
        settings: DefenderSettings, http: HTTPClient, budgets: DefenderBudgets, clock: WaitClock = .system
    ) throws {
        let problems = settings.problems()
        guard problems.isEmpty else { throw DefenderSettingsError(problems: problems) }
        self.settings = settings
        self.http = http
        self.budgets = budgets
        self.clock = clock
        probes = DefenderProbes(settings)
    }

    /// Login, clock, then the permissions for what a run with these options reads; after a failed login nothing that
    /// needs its token is tried.
    ///
    /// - Parameter seconds: in which it ends, whatever hangs.
    public func run(_ options: RunOptions, seconds: Double) async -> [CheckResult] {
        let deadline = clock.now() + seconds
        let login = await logIn(.defender, deadline)
        var results = [login.result]
        if let serverSeconds = login.serverSeconds {
            results.append(ClockFinding.result(server: serverSeconds, own: clock.wall()))
        }
        guard let session = login.session else { return results }
        async let machines = checkMachines(options, session, deadline)
        async let alerts = options.alerts ? [probe(probes.alerts, session, deadline).result] : []
        async let export =
            options.vulnerabilities && options.vulnerabilitySource == .export
            ? [probe(probes.vulnerabilityExport, session, deadline).result] : []
        async let hunting = checkHunting(options, session, deadline)
        return await results + machines + alerts + export + hunting
    }

    // MARK: Login

    /// What probes need of a login.
    private struct Session {
        var authorization: Secret
        var finding: PermissionFinding
    }

    private struct Login {
        var result: CheckResult
        var session: Session?
        var serverSeconds: Double?
    }

    private func logIn(_ audience: HuntingAPI, _ deadline: Double) async -> Login {
        let api = ProbedAPI(audience, settings)
        let refusal = LoginFinding(settings: settings, api: api)
        let endpoint = TokenEndpoint(
            settings: settings, scope: api.scope, http: http, retry: DefenderClient.defaultRetry, attempted: {})
        let response: OutboundResponse
        switch await send(endpoint.request, deadline, isTransient: TokenEndpoint.isRetriable) {
        case .answer(let answer): response = answer
        case .failure(.cancelled): return Login(result: PermissionFinding.outOfTime(api.loginName))
        case .failure(let error):
            return Login(result: refusal.result(of: DefenderError(TokenEndpoint.operation, error), body: nil))
        }
        guard response.status == 200, let answer = TokenAnswer(response.body) else {
            let result = refusal.result(of: endpoint.error(for: response), body: ErrorBody(response.body))
            return Login(result: result, serverSeconds: response.serverSeconds)
        }
        let authorization = Secret("Bearer \(answer.accessToken)")
        let finding = PermissionFinding(
            settings: settings, api: api, authorization: authorization, claims: TokenClaims(token: answer.accessToken))
        let session = Session(authorization: authorization, finding: finding)
        return Login(
            result: CheckResult(name: api.loginName, status: .ok), session: session,
            serverSeconds: response.serverSeconds)
    }

    // MARK: Permissions

    private func checkMachines(
        _ options: RunOptions, _ session: Session, _ deadline: Double
    ) async -> [CheckResult] {
        let machines = await probe(probes.machines, session, deadline)
        guard options.users == .logonUsers else { return [machines.result] }
        // Only to ask for a machine that exists; what can't be read is told by the result.
        let page = machines.body.flatMap { try? MachinePage.decode($0) }
        let users = await probe(probes.logonUsers(of: page?.content.records.first?.id), session, deadline)
        return [machines.result, users.result]
    }

    private func checkHunting(
        _ options: RunOptions, _ session: Session, _ deadline: Double
    ) async -> [CheckResult] {
        // Also with the export: machines that are new to an incremental run are asked for by hunting.
        guard options.vulnerabilities || options.users == .hunting || options.addresses == .hunting else { return [] }
        var results: [CheckResult] = []
        var session = session
        if settings.huntingAPI == .graph {
            let login = await logIn(.graph, deadline)
            results.append(login.result)
            guard let graph = login.session else { return results }
            session = graph
        }
        let hunting = await probe(probes.hunting, session, deadline).result
        results.append(hunting)
        // The same permission and host: what is wrong with the first is wrong with the others.
        guard hunting.status == .ok else { return results }
        if options.users == .hunting { results.append(await probe(probes.logonEvents, session, deadline).result) }
        guard options.vulnerabilities, options.vulnerabilitySource == .hunting else { return results }
        results.append(await probe(probes.vulnerabilities, session, deadline).result)
        return results
    }

    private func probe(
        _ probe: DefenderProbe, _ session: Session, _ deadline: Double
    ) async -> (result: CheckResult, body: [UInt8]?) {
        func ended(_ outcome: ProbeOutcome, _ body: [UInt8]? = nil) -> (CheckResult, [UInt8]?) {
            (session.finding.result(of: probe, outcome), body)
        }
        let budget = budgets[probe.call.family]
        guard await isFree(budget) else {
            return ended(.budgetSpent(seconds: budget.status.secondsUntilNextCall))
        }
        var request = probe.call.request
        request.authorization = session.authorization
        request.deadlineSeconds = probe.call.family == .hunting ? Self.huntingSecondsMax : Self.attemptSecondsMax
        request.answerBytesMax = 4 << 20
        if let userAgent = settings.userAgent { request.headers.append(("User-Agent", userAgent)) }
        let outcome = await send(request, deadline, budget: budget) { outcome in
            // A second call for 429 would only be refused again.
            if case .answer(let response) = outcome, response.status == 429 { false } else { outcome.isRetriable }
        }
        switch outcome {
        case .failure(.cancelled): return ended(.outOfTime)
        case .failure(let error): return ended(.failure(error))
        case .answer(let response):
            let answer = ProbeAnswer(response)
            if answer.status == 429 { budget.close(forSeconds: min(answer.retryAfterSeconds ?? 60, 3600)) }
            return ended(.answer(answer), response.body)
        }
    }

    // MARK: Requests

    /// At most two attempts, each within what is left of the time; the first is counted already.
    private func send(
        _ request: OutboundRequest, _ deadline: Double, budget: RateBudget? = nil,
        isTransient: (AttemptOutcome) -> Bool
    ) async -> AttemptOutcome {
        let first = await attempt(request, deadline)
        guard isTransient(first), clock.now() + Self.repeatPause < deadline else { return first }
        do {
            try await clock.sleep(Self.repeatPause)
        } catch {
            return first
        }
        guard budget?.acquireIfFree() ?? true else { return first }
        return await attempt(request, deadline)
    }

    /// Whether a call may go out, now or in a moment.
    private func isFree(_ budget: RateBudget) async -> Bool {
        for pause in Self.budgetPauses {
            if budget.acquireIfFree() { return true }
            // A cancelled check asks once more and ends.
            try? await clock.sleep(pause)
        }
        return budget.acquireIfFree()
    }

    private func attempt(_ request: OutboundRequest, _ deadline: Double) async -> AttemptOutcome {
        let left = deadline - clock.now()
        guard left > 0.1, !Task.isCancelled else { return .failure(.cancelled) }
        var bounded = request
        bounded.deadlineSeconds = min(request.deadlineSeconds, Self.huntingSecondsMax, left)
        do {
            return .answer(try await http.send(bounded))
        } catch let error as OutboundError {
            return .failure(error)
        } catch {
            return .failure(.other("unexpected failure"))
        }
    }
}
