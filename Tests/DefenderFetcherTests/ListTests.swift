import ConnectorCore
import DefenderFetcher
import MicroHTTP
import OutboundHTTP
import Testing
import Threading

private let moment = Timestamp(milliseconds: 1_795_468_209_483)

@Suite struct `The lists` {
    @Test func `are asked for with plain numbers and encoded filters`() async throws {
        let defender = try ScriptedDefender()
        let client = try defender.client { $0.apiURL += "/base/" }
        _ = try await client.machines(.all, skip: 1_000_000, top: 10_000)
        _ = try await client.machines(.lastSeen(since: moment), skip: 0, top: 5)
        _ = try await client.machines(.inactive(lastSeenUntil: moment), skip: 0, top: 5)
        _ = try await client.alerts(.open, skip: 0, top: 5)
        _ = try await client.alerts(.updated(since: moment), skip: 10, top: 5)
        let requests = defender.requests
        #expect(requests.map(\.method) == Array(repeating: "GET", count: 5))
        #expect(
            requests.map(\.path) == ["machines", "machines", "machines", "alerts", "alerts"].map { "/base/api/\($0)" })
        #expect(requests.map { $0.queryValue("$skip") } == ["1000000", "0", "0", "0", "10"])
        #expect(requests.map { $0.queryValue("$top") } == ["10000", "5", "5", "5", "5"])
        let time = moment.iso8601
        #expect(
            requests.map { $0.queryValue("$filter") } == [
                nil, "lastSeen ge \(time)", "healthStatus eq 'Inactive' and lastSeen le \(time)",
                "status eq 'New' or status eq 'InProgress'", "lastUpdateTime ge \(time)",
            ])
        #expect(requests.allSatisfy { $0.headers["Authorization"] == "Bearer token-1" })
    }

    @Test func `are empty where Defender says 404`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(404, "ResourceNotFound", "No machines") })
        let page = try await defender.client().machines(.all, skip: 0, top: 10)
        #expect(page.content.readCount == 0)
        #expect(!page.hasNextLink)
        #expect(defender.requests.count == 1)
    }

    @Test(arguments: [
        HTTPResponse(status: 404, contentType: "text/html", text: "<html>Not found</html>"), HTTPResponse(status: 404),
        HTTPResponse.json(#"{"statusCode":404,"message":"Resource not found"}"#, status: 404),
        HTTPResponse.json(#"{"value":[]}"#, status: 404),
    ])
    func `are not empty where something else says 404`(answer: HTTPResponse) async throws {
        let defender = try ScriptedDefender(api: { _, _ in answer })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 55)
    }

    @Test(arguments: [
        HTTPResponse.proxyPage, HTTPResponse.json(""), HTTPResponse.json(#"{"value":[{"id":"#),
        HTTPResponse.json(#"{"value":[]"#),
    ])
    func `are asked for twice more where the answer does not parse`(answer: HTTPResponse) async throws {
        let defender = try ScriptedDefender(api: { _, number in
            number < 3 ? answer : .json(#"{"value":[{"id":"\#(machineID(1))"}]}"#)
        })
        let page = try await defender.client(attemptsMax: 6).machines(.all, skip: 0, top: 10)
        #expect(page.content.records.count == 1)
        #expect(defender.requests.count == 3)

        let broken = try ScriptedDefender(api: { _, _ in answer })
        let client = try broken.client(attemptsMax: 6)
        let error = await #expect(throws: DefenderError.self) { try await client.alerts(.open, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 55)
        #expect(error?.jobFailure.message.contains("not JSON") == true)
        #expect(broken.requests.count == 3)
    }

    @Test func `are not empty without their array`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .json(#"{"unexpected":true}"#) })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 55)
        #expect(defender.requests.count == 1)
    }

    @Test func `never follow a redirect`() async throws {
        let other = try ScriptedDefender()
        let location = other.url + "/api/machines"
        let defender = try ScriptedDefender(api: { _, _ in HTTPResponse(status: 302, headers: ["Location": location]) })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.reason == .redirected(host: "127.0.0.1"))
        #expect(error?.jobFailure.code == 55)
        #expect(other.requests.isEmpty)
    }

    @Test func `show no secret in the host of a redirect`() async throws {
        let answer = HTTPResponse(status: 302, headers: ["Location": "https://token-1.hidden-secret.example/"])
        for (defender, host) in [
            (try ScriptedDefender(login: { _, _ in answer }), "token-1.<redacted>.example"),
            (try ScriptedDefender(api: { _, _ in answer }), "<redacted>.<redacted>.example"),
        ] {
            let client = try defender.client { $0.clientSecret = Secret("hidden-secret") }
            let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
            #expect(error?.reason == .redirected(host: host))
        }
    }

    @Test func `carry the user agent that is set`() async throws {
        let defender = try ScriptedDefender()
        _ = try await defender.client { $0.userAgent = "agent/7" }.machines(.all, skip: 0, top: 10)
        #expect(defender.requests.first?.headers["User-Agent"] == "agent/7")
        #expect(defender.logins.first?.headers["User-Agent"] == "agent/7")
    }
}

@Suite struct `Logon users` {
    @Test func `are read machine by machine`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .json(#"{"value":[{"accountName":"alice"}]}"#) })
        let users = try await defender.client().logonUsers(of: id(1))
        #expect(users?.records.map(\.accountName) == ["alice"])
        #expect(defender.requests.first?.path == "/api/machines/\(machineID(1))/logonusers")
        #expect(defender.requests.first?.query.isEmpty == true)
    }

    @Test func `are asked for again once where Defender does not know the machine`() async throws {
        let defender = try ScriptedDefender(api: { _, number in
            number == 1 ? .error(404, "ResourceNotFound", "no") : .json(#"{"value":[]}"#)
        })
        let time = TestClock()
        #expect(try await defender.client(clock: time.clock).logonUsers(of: id(1))?.readCount == 0)
        #expect(time.pauses == [0.5])

        let unknown = try ScriptedDefender(api: { _, _ in .error(404, "ResourceNotFound", "no") })
        #expect(try await unknown.client().logonUsers(of: id(1)) == nil)
        #expect(unknown.requests.count == 2)
    }
}

@Suite struct `A failed call` {
    @Test(arguments: [
        (400, 54, 1), (403, 53, 1), (405, 50, 1), (407, 51, 1), (409, 50, 1), (410, 55, 1), (429, 51, 63), (500, 51, 3),
        (502, 51, 3),
        (504, 51, 3), (408, 51, 3), (204, 50, 1),
    ])
    func `fails with the class of its status`(status: Int, code: Int, attempts: Int) async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(status, "Code", "Message text", retryAfter: "1") })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        let failure = try #require(error?.jobFailure)
        #expect(failure.class == .datasource)
        #expect(failure.code == code)
        if status != 204 { #expect(failure.message.contains("Code: Message text: correlation id corr-7")) }
        #expect(defender.requests.count == attempts)
        #expect(client.requestCount == attempts + 1)
    }

    @Test(arguments: [429, 503]) func `tells of a Retry-After that is too long to wait`(status: Int) async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(status, "Code", "Text", retryAfter: "7201") })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 51)
        #expect(error?.description.contains("\(status) and a Retry-After of 7201 s") == true)
        #expect(defender.requests.count == 1)
    }

    @Test func `has all its attempts when an outage is over that the run has patience for`() async throws {
        let defender = try ScriptedDefender(api: { _, number in
            switch number {
            case ...30: .error(503, "Code", "Text")
            case 31...32: .json(#"{"value":["#)
            default: .json(#"{"value":[]}"#)
            }
        })
        let page = try await defender.client(patienceSeconds: 900).machines(.all, skip: 0, top: 10)
        #expect(page.content.readCount == 0)
        #expect(defender.requests.count == 33)
    }

    @Test(arguments: [(429, 3), (500, 6), (403, 1)])
    func `has patience with outages alone`(status: Int, attempts: Int) async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(status, "Code", "Text") })
        // Pauses of 0.25 to 0.5, 0.5 to 1 and 1 to 2 s fit in, no other of 2 to 4 s.
        let client = try defender.client(patienceSeconds: 3.6)
        await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(defender.requests.count == attempts)
    }

    @Test func `outlasts as many answers of 429 as name their wait`() async throws {
        let defender = try ScriptedDefender(api: { _, number in
            number <= 50 ? .error(429, "TooManyRequests", "Wait.", retryAfter: "20") : .json(#"{"value":[]}"#)
        })
        let page = try await defender.client().machines(.all, skip: 0, top: 10)
        #expect(page.content.readCount == 0)
        #expect(defender.requests.count == 51)
    }

    @Test func `for lack of a permission is made with a new token the next time`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            request.headers["Authorization"] == "Bearer token-1"
                ? .error(403, "Forbidden", "Missing application roles.") : .json(#"{"value":[]}"#)
        })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 53)
        // An administrator has consented meanwhile.
        #expect(try await client.machines(.all, skip: 0, top: 10).content.readCount == 0)
        #expect(defender.logins.count == 2)
    }

    @Test func `names the permission that is missing`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in
            .error(403, "Forbidden", "Missing application roles. API required roles: X")
        })
        let client = try defender.client()
        func message(_ call: @Sendable () async throws -> Void) async throws -> String {
            try #require(await #expect(throws: DefenderError.self) { try await call() }).jobFailure.message
        }
        let machine = try id(1)
        let messages = [
            try await message { _ = try await client.machines(.all, skip: 0, top: 1) },
            try await message { _ = try await client.logonUsers(of: machine) },
            try await message { _ = try await client.alerts(.open, skip: 0, top: 1) },
            try await message { _ = try await client.networkAdapters(of: [machine]) },
            try await message { _ = try await client.findings(of: [machine], texts: true) },
        ]
        let permissions = [
            "Machine.Read.All", "User.Read.All", "Alert.Read.All", "AdvancedQuery.Read.All", "AdvancedQuery.Read.All",
        ]
        for (message, permission) in zip(messages, permissions) {
            #expect(message.contains(permission))
            #expect(message.contains("admin consent"))
        }
    }

    @Test func `is repeated until it succeeds`() async throws {
        let defender = try ScriptedDefender(api: { _, number in
            number < 3 ? HTTPResponse(status: 500 + number) : .json(#"{"value":[]}"#)
        })
        _ = try await defender.client().machines(.all, skip: 0, top: 10)
        #expect(defender.requests.count == 3)
    }

    @Test func `says that the host can't be reached`() async throws {
        let gone = try ScriptedDefender()
        let url = gone.url
        let defender = try ScriptedDefender()
        let client = try defender.client { $0.apiURL = url.replacingOccurrences(of: "127.0.0.1", with: "127.0.0.2") }
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 51)
        #expect(error?.jobFailure.message.contains("127.0.0.2") == true)
    }

    @Test func `ends promptly when its task is cancelled`() async throws {
        let gate = Gate()
        let defender = try ScriptedDefender(api: { _, _ in gate.hold(.json(#"{"value":[]}"#)) })
        let client = try defender.client()
        let call = Task { try await client.machines(.all, skip: 0, top: 10) }
        try await gate.arrived()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        gate.open()
    }
}

@Suite struct `The budgets` {
    @Test func `close their family after 429, for a minute if it does not say`() async throws {
        for (retryAfter, seconds) in [("7", 7.0), (nil, 60.0), ("soon", 60.0)] {
            let time = TestClock()
            let defender = try ScriptedDefender(api: { _, number in
                number == 1
                    ? .error(429, "TooManyRequests", "45 per 00:01:00", retryAfter: retryAfter)
                    : .json(#"{"value":[]}"#)
            })
            let client = try defender.client(clock: time.clock)
            _ = try await client.machines(.all, skip: 0, top: 10)
            #expect(defender.requests.count == 2)
            #expect(time.now >= seconds && time.now < seconds + 1)
        }
    }

    @Test func `are one for each family, and shared by clients of a tenant`() async throws {
        let time = TestClock()
        let defender = try ScriptedDefender()
        var settings = defender.settings
        settings.requestsPerMinute = 2
        let budgets = DefenderBudgets(settings, clock: time.clock)
        let clients = [
            try defender.client(clock: time.clock, budgets: budgets),
            try defender.client(clock: time.clock, budgets: budgets),
        ]
        for client in clients {
            _ = try await client.machines(.all, skip: 0, top: 1)
            _ = try await client.alerts(.open, skip: 0, top: 1)
        }
        #expect(time.now == 0)
        #expect(budgets[.machines].status.remainingThisMinute == 0)
        #expect(clients[0].forecast(DefenderCalls(machines: 1, logonUsers: 2)).seconds >= 60)
        _ = try await clients[0].machines(.all, skip: 0, top: 1)
        #expect(time.now >= 60)
    }

    @Test func `count every attempt`() async throws {
        let time = TestClock()
        let defender = try ScriptedDefender(api: { _, number in
            number < 3 ? HTTPResponse(status: 500) : .json(#"{"value":[]}"#)
        })
        let client = try defender.client(clock: time.clock)
        _ = try await client.alerts(.open, skip: 0, top: 1)
        #expect(client.budgets[.alerts].status.remainingThisMinute == 97)
        #expect(client.budgets[.machines].status.remainingThisMinute == 100)
    }

    @Test func `forecast the slowest family`() throws {
        let defender = try ScriptedDefender()
        let client = try defender.client()
        #expect(client.forecast(DefenderCalls(machines: 100, logonUsers: 100, hunting: 45)).seconds == 0)
        let hour = client.forecast(DefenderCalls(machines: 1, logonUsers: 1600)).seconds
        #expect((3600..<3800).contains(hour))
        let unlimited = try defender.client {
            $0.requestsPerMinute = 0
            $0.requestsPerHour = 0
        }
        #expect(unlimited.forecast(DefenderCalls(machines: 5000)).seconds == 0)
    }

    @Test func `do not outlast a token`() async throws {
        let time = TestClock()
        let defender = try ScriptedDefender(login: ScriptedDefender.grant(expiresIn: "100"))
        let client = try defender.client(clock: time.clock) { $0.requestsPerMinute = 1 }
        for _ in 0..<4 { _ = try await client.machines(.all, skip: 0, top: 1) }
        // Tokens last 90 s and calls are a minute apart: none is sent with an old one.
        #expect(
            defender.requests.map { $0.headers["Authorization"] } == ["1", "1", "2", "2"].map { "Bearer token-\($0)" })
    }

    @Test func `label what is measured`() async throws {
        let labels = Locked<[String]>([])
        let defender = try ScriptedDefender(api: { request, _ in
            .json(request.method == "POST" ? #"{"Results":[]}"# : #"{"value":[]}"#)
        })
        let client = try defender.client(measured: { measurement in labels.withLock { $0.append(measurement.label) } })
        _ = try await client.machines(.all, skip: 0, top: 1)
        _ = try await client.logonUsers(of: id(1))
        _ = try await client.alerts(.open, skip: 0, top: 1)
        _ = try await client.findings(of: [id(1)], texts: true)
        #expect(labels.withLock { $0 } == ["token", "machines", "logonusers", "alerts", "hunting"])
    }
}

@Suite struct `The settings` {
    @Test func `name everything that is wrong`() throws {
        var settings = DefenderSettings(
            apiURL: "ftp://x", loginURL: "https://user:pass@host", tenant: "common", clientID: "",
            clientSecret: Secret(" x"),
            scope: "")
        settings.huntingRowLimit = 0
        settings.requestsPerHour = -1
        settings.userAgent = "a\nb"
        let error = #expect(throws: DefenderSettingsError.self) {
            try DefenderClient(settings: settings, http: HTTPClient(configuration: HTTPClientConfiguration()))
        }
        #expect(
            error?.problems.map(\.field) == [
                "apiURL", "loginURL", "tenant", "clientID", "clientSecret", "scope", "huntingRowLimit", "userAgent",
                "requestsPerHour",
            ])
        #expect(error?.description.contains("pass@") == false)
    }

    @Test(arguments: ["a/b", "..", "a?b", "a b", "consumers", "Organizations", "a%2f"])
    func `refuse a tenant that would change the login's path`(tenant: String) {
        let settings = DefenderSettings(tenant: tenant, clientID: "c", clientSecret: Secret("s"))
        #expect(settings.problems().map(\.field) == ["tenant"])
    }
}
