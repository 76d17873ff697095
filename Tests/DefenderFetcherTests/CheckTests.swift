import ConnectorCore
import DefenderFetcher
import Foundation
import MicroHTTP
import OutboundHTTP
import Testing
import Threading

@Suite struct `The check of Defender` {
    /// `login`, `clock` and the permissions, by name.
    private func check(
        _ defender: ScriptedDefender, clock: WaitClock = .jumping(), alerts: Bool = true,
        vulnerabilities: Bool = true, addresses: AddressSource = .hunting, users: UserSource = .logonUsers,
        findings: VulnerabilitySource = .hunting, budgets: DefenderBudgets? = nil, seconds: Double = 50,
        _ change: (inout DefenderSettings) -> Void = { _ in }
    ) async throws -> [String: CheckResult] {
        var settings = defender.settings
        change(&settings)
        let http = HTTPClient(configuration: HTTPClientConfiguration(workers: 4))
        defer { http.shutdown() }
        let check = try DefenderCheck(
            settings: settings, http: http, budgets: budgets ?? DefenderBudgets(settings), clock: clock)
        let options = RunOptions(
            alerts: alerts, vulnerabilities: vulnerabilities, addresses: addresses, users: users,
            vulnerabilitySource: findings)
        let results = await check.run(options, seconds: seconds)
        for result in results { #expect(result.hint?.contains("s3cret") != true, "\(result.name)") }
        return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0) })
    }

    private static let permissions = [
        "Machine.Read.All", "User.Read.All", "Alert.Read.All", "AdvancedQuery.Read.All", "vulnerability data",
    ]

    private static let list: ScriptedDefender.Script = { request, _ in
        .json(request.path.hasSuffix("/run") ? #"{"Schema":[],"Results":[]}"# : #"{"value":[]}"#)
    }

    // MARK: When all is well

    @Test func `asks for one row of each kind and finds everything ok`() async throws {
        let defender = try ScriptedDefender(api: { request, number in
            request.path == "/api/machines"
                ? .json(#"{"value":[{"id":"\#(machineID(7))"}]}"#) : Self.list(request, number)
        })
        let results = try await check(defender)
        #expect(Set(results.keys) == Set(Self.permissions + ["login", "clock"]))
        #expect(results.values.allSatisfy { $0.status == .ok && $0.code == 0 })
        #expect(results.values.filter { $0.hint != nil }.map(\.name) == ["AdvancedQuery.Read.All"])
        #expect(results["AdvancedQuery.Read.All"]?.hint?.contains("DEFENDER_HUNTING_API=graph") == true)
        #expect(defender.logins.count == 1)
        let asked = defender.requests.map { "\($0.method) \($0.path)" }.sorted()
        #expect(
            asked == [
                "GET /api/alerts", "GET /api/machines", "GET /api/machines/\(machineID(7))/logonusers",
                "POST /api/advancedqueries/run", "POST /api/advancedqueries/run",
            ])
        #expect(defender.requests.filter { $0.method == "GET" }.compactMap { $0.queryValue("$top") } == ["1", "1"])
        let queries = defender.requests.filter { $0.method == "POST" }.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(queries.allSatisfy { $0.contains("| take 1") })
    }

    @Test func `takes Defender's own 404 for a permission on an empty tenant`() async throws {
        let defender = try ScriptedDefender(api: { request, number in
            request.method == "GET" ? .error(404, "ResourceNotFound", "Nothing.") : Self.list(request, number)
        })
        let results = try await check(defender)
        #expect(results.values.allSatisfy { $0.status == .ok })
    }

    @Test func `does not ask for what no run reads`() async throws {
        let defender = try ScriptedDefender(api: Self.list)
        let results = try await check(defender, alerts: false, vulnerabilities: false)
        #expect(results["Alert.Read.All"] == nil)
        #expect(results["vulnerability data"] == nil)
        #expect(defender.requests.count == 3)
        let few = try await check(defender, vulnerabilities: false, addresses: .machines)
        #expect(Set(few.keys) == ["login", "clock", "Machine.Read.All", "User.Read.All", "Alert.Read.All"])
        let events = try await check(defender, alerts: false, vulnerabilities: false, users: .hunting)
        #expect(
            Set(events.keys) == ["login", "clock", "Machine.Read.All", "AdvancedQuery.Read.All", "logon events"])
    }

    // MARK: Vulnerabilities from the export

    @Test func `asks for a row of the export where vulnerabilities come from there`() async throws {
        let defender = try ScriptedDefender(api: Self.list)
        let results = try await check(defender, alerts: false, findings: .export)
        #expect(results["Vulnerability.Read.All"]?.status == .ok)
        #expect(results["vulnerability data"] == nil)
        // For the machines that are new to an incremental run.
        #expect(results["AdvancedQuery.Read.All"]?.status == .ok)
        let asked = defender.requests.filter { $0.path.hasSuffix("/SoftwareVulnerabilitiesByMachine") }
        #expect(asked.map { $0.queryValue("pageSize") } == ["1"])
        let off = try await check(defender, vulnerabilities: false, findings: .export)
        #expect(off["Vulnerability.Read.All"] == nil)
    }

    @Test func `tells a missing licence of the export from a missing permission`() async throws {
        func finding(_ answer: HTTPResponse) async throws -> CheckResult? {
            let defender = try ScriptedDefender(api: { request, number in
                request.path.hasSuffix("/SoftwareVulnerabilitiesByMachine") ? answer : Self.list(request, number)
            })
            return try await check(defender, findings: .export)["Vulnerability.Read.All"]
        }
        let unlicensed = try await finding(.error(401, "Unauthorized", "No Tvm license."))
        #expect(unlicensed?.status == .denied)
        #expect(unlicensed?.hint?.contains("Vulnerability Management") == true)
        let forbidden = try await finding(.error(403, "Forbidden", "Missing application roles."))
        #expect(forbidden?.status == .denied)
        #expect(forbidden?.hint?.contains("Vulnerability.Read.All of WindowsDefenderATP") == true)
    }

    // MARK: Hunting through Graph

    @Test func `asks Graph with a token of its own where hunting goes through it`() async throws {
        let defender = try ScriptedDefender(
            api: { request, _ in
                request.path == "/v1.0/security/runHuntingQuery"
                    ? .error(403, "Forbidden", "Missing roles.") : .json(#"{"value":[]}"#)
            })
        let results = try await check(defender) {
            $0.huntingAPI = .graph
            $0.graphURL = defender.url
        }
        #expect(defender.logins.count == 2)
        #expect(String(decoding: defender.logins[1].body, as: UTF8.self).contains("graph.microsoft.com"))
        #expect(results["Graph login"]?.status == .ok)
        let denied = try #require(results["ThreatHunting.Read.All"])
        #expect(denied.status == .denied)
        #expect(denied.hint?.contains("ThreatHunting.Read.All of Microsoft Graph") == true)
        #expect(denied.hint?.contains("Microsoft APIs") == true)
        #expect(results["vulnerability data"] == nil)
    }

    @Test func `tells a login refused for Graph alone`() async throws {
        let defender = try ScriptedDefender(
            login: { request, number in
                String(decoding: request.body, as: UTF8.self).contains("graph.microsoft.com")
                    ? .entra(500_011, "invalid_resource") : ScriptedDefender.grant()(request, number)
            })
        let results = try await check(defender) { $0.huntingAPI = .graph }
        #expect(results["login"]?.status == .ok)
        #expect(results["Machine.Read.All"]?.status == .ok)
        #expect(results["Graph login"]?.status == .misconfigured)
        #expect(results["Graph login"]?.hint?.contains("GRAPH_SCOPE") == true)
        #expect(results["ThreatHunting.Read.All"] == nil)
    }

    // MARK: Login

    static let logins: [(Int, CheckResult.Status, String)] = [
        (7_000_215, .denied, "not to its Secret ID"), (7_000_222, .denied, "has expired"),
        (7_000_112, .denied, "disabled"), (700_016, .misconfigured, "CONFIGURATION_AUTH_CLIENTID"),
        (90002, .misconfigured, "CONFIGURATION_AUTH_TENANT"), (90002, .misconfigured, "login.microsoftonline.us"),
        (900_432, .misconfigured, "another cloud"), (500_011, .misconfigured, "DEFENDER_SCOPE"),
        (70011, .misconfigured, "/.default"), (65001, .denied, "admin consent"), (53003, .denied, "conditional access"),
        (999_999, .denied, "Entra refuses the login"),
    ]

    @Test(arguments: logins)
    func `says what is wrong with a login, and tries nothing more`(
        number: Int, status: CheckResult.Status, says: String
    ) async throws {
        let error = number == 999_999 ? "invalid_grant" : "invalid_client"
        let defender = try ScriptedDefender(login: { _, _ in .entra(number, error, status: 401) })
        let results = try await check(defender)
        let login = try #require(results["login"])
        #expect(login.status == status)
        #expect(login.code == 52)
        #expect(login.hint?.contains(says) == true, "\(login.hint ?? "")")
        #expect(login.hint?.contains("corr-9") == true)
        #expect(defender.requests.isEmpty)
        #expect(Set(results.keys) == ["login", "clock"])
    }

    @Test func `recognises a secret's ID where its value belongs`() async throws {
        let defender = try ScriptedDefender(login: { _, _ in .entra(7_000_215, status: 401) })
        let id = "11111111-2222-4333-8444-555555555555"
        let results = try await check(defender) { $0.clientSecret = Secret(id) }
        #expect(results["login"]?.hint?.contains("has the form of a secret's ID") == true)
        #expect(results["login"]?.hint?.contains(id) == false)
    }

    static let noLogins: [(HTTPResponse, CheckResult.Status, String)] = [
        (.proxyPage, .misconfigured, "DEFENDER_LOGIN_URL"), (.error(503, "x", "y"), .unreachable, "503"),
        (
            HTTPResponse(status: 302, headers: ["Location": "https://sso.example/x"]), .misconfigured,
            "sso.example"
        ), (HTTPResponse(status: 407, contentType: "text/html", text: "<p>"), .unreachable, "https_proxy"),
    ]

    @Test(arguments: noLogins)
    func `knows what is not Entra`(answer: HTTPResponse, status: CheckResult.Status, says: String) async throws {
        let defender = try ScriptedDefender(login: { _, _ in answer })
        let login = try #require(try await check(defender)["login"])
        #expect(login.status == status)
        #expect(login.hint?.contains(says) == true, "\(login.hint ?? "")")
        #expect((51...55).contains(login.code))
    }

    @Test func `shows no host that is none`() async throws {
        let answer = HTTPResponse(status: 302, headers: ["Location": "https://a%0A%1B[2Jb.example/"])
        let login = try #require(try await check(ScriptedDefender(login: { _, _ in answer }))["login"])
        #expect(login.status == .misconfigured)
        #expect(login.hint?.contains("an unnamed host") == true)
    }

    @Test func `shows no secret in the host of a redirect`() async throws {
        let repeating: @Sendable (HTTPRequest, Int) -> HTTPResponse = { _, _ in
            HTTPResponse(status: 302, headers: ["Location": "https://token-1.hidden-secret.example/"])
        }
        let change: (inout DefenderSettings) -> Void = { $0.clientSecret = Secret("hidden-secret") }
        let login = try await check(ScriptedDefender(login: repeating), change)
        #expect(login["login"]?.hint?.contains("redirect to token-1.<redacted>.example") == true)
        let permissions = try await check(ScriptedDefender(api: repeating), change)
        let refused = permissions.values.filter { $0.status != .ok }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.hint?.contains("redirect to <redacted>.<redacted>.example") == true })
    }

    @Test func `names host and setting of what can't be reached`() async throws {
        let defender = try ScriptedDefender(api: Self.list)
        let noLogin = try await check(defender) { $0.loginURL = "http://127.0.0.1:9" }
        #expect(noLogin["login"]?.status == .unreachable)
        #expect(noLogin["login"]?.code == 51)
        #expect(noLogin["login"]?.hint?.contains("127.0.0.1:9") == true)
        #expect(noLogin["login"]?.hint?.contains("DEFENDER_LOGIN_URL") == true)
        let noAPI = try await check(defender) { $0.apiURL = "http://127.0.0.1:9" }
        #expect(noAPI["login"]?.status == .ok)
        #expect(noAPI["Machine.Read.All"]?.status == .unreachable)
        #expect(noAPI["Machine.Read.All"]?.hint?.contains("DEFENDER_API_URL") == true)
    }

    // MARK: Clock

    static let clocks: [(Double, String)] = [
        (3 * 3600, "3 hours ahead of"), (-200, " s behind"), (-40 * 86_400, "40 days behind"),
    ]

    @Test(arguments: clocks)
    func `compares the own clock with Microsoft's`(off: Double, says: String) async throws {
        let results = try await check(ScriptedDefender(api: Self.list), clock: .jumping(off: off + (off > 0 ? 5 : -5)))
        let clock = try #require(results["clock"])
        #expect(clock.status == .misconfigured)
        #expect(clock.code == 1)
        #expect(clock.hint?.contains(says) == true, "\(clock.hint ?? "")")
        #expect(results["Machine.Read.All"]?.status == .ok)
    }

    // MARK: Permissions

    @Test(arguments: [
        ("/api/machines", "Machine.Read.All"), ("/logonusers", "User.Read.All"), ("/api/alerts", "Alert.Read.All"),
        ("/run", "AdvancedQuery.Read.All"),
    ])
    func `names the permission that is missing`(path: String, permission: String) async throws {
        let defender = try ScriptedDefender(
            login: { _, _ in .token(roles: ["Score.Read.All"]) },
            api: { request, number in
                request.path.hasSuffix(path)
                    ? .error(403, "Forbidden", "Missing application roles.") : Self.list(request, number)
            })
        let results = try await check(defender)
        let denied = results.values.filter { $0.status != .ok }
        #expect(denied.map(\.name) == [permission])
        let hint = try #require(denied.first?.hint)
        #expect(denied.first?.status == .denied)
        #expect(denied.first?.code == 53)
        #expect(hint.contains("application permission \(permission) of WindowsDefenderATP"))
        #expect(hint.contains("Grant admin consent"))
        #expect(hint.contains("app-1"))
        #expect(hint.contains("The token carries Score.Read.All."))
    }

    @Test func `tells a token without any consent, and one whose role does not help`() async throws {
        let refused: ScriptedDefender.Script = { _, _ in .error(403, "Forbidden", "Missing application roles.") }
        let none = try await check(ScriptedDefender(login: { _, _ in .token(roles: []) }, api: refused))
        #expect(none["Machine.Read.All"]?.hint?.contains("no application permission at all") == true)
        let all = try await check(
            ScriptedDefender(login: { _, _ in .token(roles: ["Machine.ReadWrite.All"]) }, api: refused))
        #expect(all["Machine.Read.All"]?.hint?.contains("although the token carries") == true)
    }

    @Test func `ignores what a token of another kind says of itself`() async throws {
        let refused: ScriptedDefender.Script = { _, _ in .error(403, "Forbidden", "No.") }
        for token in ["opaque", "a.b.c", "a.e30.c", "a.eyJyb2xlcyI6IjxzY3JpcHQ-In0.c"] {
            let defender = try ScriptedDefender(
                login: { _, _ in .json(#"{"access_token":"\#(token)","expires_in":60}"#) }, api: refused)
            let hint = try #require(try await check(defender)["Machine.Read.All"]?.hint)
            #expect(hint.contains("Machine.Read.All"))
            #expect(!hint.contains("<script"))
        }
    }

    @Test(arguments: [
        (HTTPResponse.error(401, "Unauthorized", "No Tvm license"), 53),
        (.error(400, "BadRequest", "Failed to resolve table named 'DeviceTvmSoftwareVulnerabilities'"), 53),
    ])
    func `takes a missing licence for what it is`(answer: HTTPResponse, code: Int) async throws {
        let defender = try ScriptedDefender(api: { request, number in
            String(decoding: request.body, as: UTF8.self).contains("Tvm") ? answer : Self.list(request, number)
        })
        let results = try await check(defender)
        let licence = try #require(results["vulnerability data"])
        #expect(licence.status == .denied)
        #expect(licence.code == code)
        #expect(licence.hint?.contains("Defender Vulnerability Management") == true)
        #expect(licence.hint?.contains("IMPORT_VULNERABILITIES=false") == true)
        #expect(results["AdvancedQuery.Read.All"]?.status == .ok)
    }

    @Test func `tells a token for another API or cloud`() async throws {
        let refused: ScriptedDefender.Script = { _, _ in .error(401, "Unauthorized", "Bad audience") }
        let defender = try ScriptedDefender(
            login: { _, _ in .token(roles: [], audience: "https://graph.microsoft.com") }, api: refused)
        let result = try #require(try await check(defender)["Machine.Read.All"])
        #expect(result.status == .misconfigured)
        #expect(result.code == 52)
        #expect(result.hint?.contains("The token is for https://graph.microsoft.com.") == true)
        #expect(result.hint?.contains("DEFENDER_SCOPE") == true)
        let government = try await check(defender) { $0.scope = "https://api-gov.securitycenter.microsoft.us/.default" }
        #expect(government["Machine.Read.All"]?.hint?.contains("another cloud than DEFENDER_API_URL") == true)
    }

    static let strangers: [(HTTPResponse, CheckResult.Status, Int)] = [
        (.proxyPage, .misconfigured, 55), (.json(#"{"unexpected":true}"#), .misconfigured, 55),
        (.json(""), .misconfigured, 55), (.json("{}", status: 404), .misconfigured, 55),
        (HTTPResponse(status: 302, headers: ["Location": "https://sso.example/"]), .misconfigured, 55),
        (.error(500, "InternalServerError", ""), .unreachable, 51),
        (.error(429, "TooManyRequests", "Slower.", retryAfter: "30"), .unreachable, 51),
        (HTTPResponse(status: 403, contentType: "text/html", text: "<html>"), .misconfigured, 55),
    ]

    @Test(arguments: strangers)
    func `never takes a stranger's answer for a permission`(
        answer: HTTPResponse, status: CheckResult.Status, code: Int
    ) async throws {
        let results = try await check(ScriptedDefender(api: { _, _ in answer }))
        for name in ["Machine.Read.All", "User.Read.All", "Alert.Read.All", "AdvancedQuery.Read.All"] {
            #expect(results[name]?.status == status)
            #expect(results[name]?.code == code)
            #expect(results[name]?.hint?.isEmpty == false)
        }
    }

    @Test(arguments: [(400, 54), (405, 50), (409, 50), (413, 50), (422, 50), (451, 50), (410, 55)])
    func `gives the code with which an import ends where Defender itself refuses`(status: Int, code: Int) async throws {
        let answer = HTTPResponse.error(status, "Refused", "Not like this.")
        let defender = try ScriptedDefender(api: { _, _ in answer })
        let results = try await check(defender)
        for name in ["Machine.Read.All", "User.Read.All", "Alert.Read.All"] {
            let result = try #require(results[name])
            #expect(result.status == .misconfigured)
            #expect(result.code == code)
            #expect(result.hint?.contains("Not like this.") == true)
            #expect(result.hint?.contains("Something else") == (code == 55))
        }
        let error = await #expect(throws: DefenderError.self) {
            _ = try await defender.client().machines(.all, skip: 0, top: 10)
        }
        #expect(error?.jobFailure.code == code)
    }

    // MARK: Bounds

    @Test func `takes its calls from the tenant's budget and waits for none`() async throws {
        let defender = try ScriptedDefender(api: Self.list)
        let clock = WaitClock.jumping()
        var settings = defender.settings
        settings.huntingPerMinute = 1
        let budgets = DefenderBudgets(settings, clock: clock)
        let first = try await check(defender, clock: clock, budgets: budgets)
        #expect(first["AdvancedQuery.Read.All"]?.status == .ok)
        #expect(first["vulnerability data"]?.status == .unreachable)
        #expect(first["vulnerability data"]?.hint?.contains("says nothing of the permission") == true)
        #expect(budgets[.machines].status.remainingThisMinute == 99)
        #expect(budgets[.hunting].status.remainingThisMinute == 0)
    }

    @Test func `closes the budget of who is asked too often`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(429, "TooManyRequests", "No.", retryAfter: "40") })
        let clock = WaitClock.jumping()
        let budgets = DefenderBudgets(defender.settings, clock: clock)
        _ = try await check(defender, clock: clock, budgets: budgets)
        #expect(budgets[.alerts].status.closedForSeconds > 30)
        // One call each: a refused one is not repeated.
        #expect(defender.requests.count == 4)
    }

    @Test(.timeLimit(.minutes(5))) func `ends in time where nothing answers`() async throws {
        let kept = Locked<[DeferredResponder]>([])
        let defender = try ScriptedDefender(login: { _, _ in
            HTTPResponse(status: 200, body: .deferred { responder in kept.withLock { $0.append(responder) } })
        })
        // The limit of this test is the deadline that would be waited for otherwise.
        let results = try await check(defender, clock: .system, seconds: 1.5)
        #expect(results["login"]?.status == .unreachable)
        #expect(results["login"]?.code == 51)
    }
}

extension WaitClock {
    /// The system's time, its pauses left out, its wall clock wrong by `off` seconds.
    static func jumping(off: Double = 0) -> WaitClock {
        WaitClock(
            now: WaitClock.system.now, wall: { Date().timeIntervalSince1970 + off },
            sleep: { _ in try Task.checkCancellation() })
    }
}

extension HTTPResponse {
    /// A login's answer with a JWT that carries these claims.
    static func token(roles: [String], audience: String = "https://api.example") -> HTTPResponse {
        let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
        let payload = Data(#"{"aud":"\#(audience)","roles":[\#(list)]}"#.utf8).base64EncodedString()
        let encoded = payload.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return .json(#"{"token_type":"Bearer","expires_in":3599,"access_token":"e30.\#(encoded).c2ln"}"#)
    }
}
