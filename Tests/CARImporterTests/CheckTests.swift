import CARImporter
import ConnectorCore
import MicroHTTP
import OutboundHTTP
import Sandbox
import Testing
import Threading

@Suite struct `The check of CAR` {
    private static let ready =
        #"{"databases":[{"name":"d","graph_name":"assets","is_ready":true,"collections_without_indexes":[]}]}"#

    private func check(
        _ settings: CARSettings, seconds: Double = 50
    ) async -> [String: CheckResult] {
        let http = HTTPClient(configuration: HTTPClientConfiguration(workers: 2))
        defer { http.shutdown() }
        let clock = WaitClock(
            now: WaitClock.system.now, wall: WaitClock.system.wall, sleep: { _ in try Task.checkCancellation() })
        let results = await CARCheck(settings: settings, http: http, clock: clock).run(seconds: seconds)
        for result in results { #expect(result.hint?.contains("the-password") != true) }
        return Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0) })
    }

    private func check(
        token: String? = nil, _ answer: @escaping @Sendable (ScriptedCAR.Context) -> HTTPResponse?
    ) async throws -> (results: [String: CheckResult], methods: Set<String>) {
        let car = try ScriptedCAR(answer)
        defer { car.stop() }
        let settings =
            try token.map {
                try CARSettings(baseURL: car.baseURL, authorization: .token(Secret($0)), source: "Defender")
            } ?? .quick(car.baseURL)
        return (await check(settings), Set(car.requests.map(\.method)))
    }

    private static func databases(
        _ database: HTTPResponse, source: HTTPResponse = .json(#"{"model_state_id":"1"}"#)
    ) -> @Sendable (ScriptedCAR.Context) -> HTTPResponse? {
        { context in context.route == "GET /databases" ? database : source }
    }

    @Test func `finds a CAR that is ready, by questions alone`() async throws {
        let (results, methods) = try await check(Self.databases(.json(Self.ready)))
        #expect(Set(results.keys) == ["CAR", "CAR database", "CAR source"])
        #expect(results.values.allSatisfy { $0.status == .ok && $0.hint == nil && $0.code == 0 })
        #expect(methods == ["GET"])
    }

    static let states: [(CARDatabaseState, String)] = [
        (.notSetUp, "not set up yet"), (.withoutGraph, "no graph"), (.withoutIndexes, "lacks indexes"),
    ]

    @Test(arguments: states)
    func `calls what an import sets up no fault, and sets up nothing`(state: CARDatabaseState, says: String)
        async throws
    {
        var options = SandboxOptions()
        options.carDatabase = state
        let simulator = CARSimulator(options: options)
        let server = HTTPServer(configuration: HTTPServerConfiguration()) { try simulator.handle($0) }
        let address = try server.start()
        defer { server.stop(graceSeconds: 0) }
        let settings = try CARSettings(
            baseURL: "http://127.0.0.1:\(address.port)/api/car/v2",
            authorization: .basic(key: Secret(options.carKey), password: Secret(options.carPassword)), source: "S")
        for _ in 1...2 {
            let results = await check(settings)
            #expect(results["CAR"]?.status == .ok)
            #expect(results["CAR database"]?.status == .ok)
            #expect(results["CAR database"]?.hint?.contains(says) == true)
            #expect(results["CAR source"]?.hint?.contains("CONNECTION_NAME") == true)
        }
    }

    @Test func `asks for no source where no database is set up`() async throws {
        let error = #"{"errors":[{"code":"no_database","message":"Database does not exist"}]}"#
        let refusal = HTTPResponse.json(error, status: 400)
        let (results, _) = try await check(Self.databases(refusal, source: refusal))
        #expect(results["CAR database"]?.hint?.contains("not set up yet") == true)
        #expect(results["CAR source"]?.status == .ok)
    }

    @Test func `tells a database that is not ready without a reason`() async throws {
        let database = Self.ready.replacing("true", with: "false")
        let (results, _) = try await check(Self.databases(.json(database)))
        #expect(results["CAR database"]?.status == .misconfigured)
        #expect(results["CAR database"]?.code == 10)
    }

    @Test func `says that a source without a save point begins anew`() async throws {
        let (results, _) = try await check(
            Self.databases(.json(Self.ready), source: .json(#"{"model_state_id":""}"#)))
        #expect(results["CAR source"]?.status == .ok)
        #expect(results["CAR source"]?.hint?.contains("initial import") == true)
    }

    static let refusals: [(HTTPResponse, CheckResult.Status, Int, String)] = [
        (.json("{}", status: 401), .denied, 10, "CAR_SERVICE_KEY with CAR_SERVICE_PASSWORD"),
        (.json("{}", status: 403), .denied, 10, "rights"),
        (.json("{}", status: 404), .misconfigured, 20, "/api/car/v2"),
        (
            HTTPResponse(status: 302, headers: ["Location": "https://login.example/?secret=1"]), .misconfigured, 10,
            "login.example"
        ),
        (
            HTTPResponse(status: 302, headers: ["Location": "https://the-password.example/"]), .misconfigured, 10,
            "<redacted>.example"
        ), (.html(), .misconfigured, 10, "Something else than CAR"),
        (.html(400), .misconfigured, 10, "CAR answers 400"), (.json("{}", status: 503), .unreachable, 10, "503"),
        (.json(#"{"other":1}"#), .misconfigured, 10, "Something else than CAR"),
        (.json("{}", status: 407), .unreachable, 20, "https_proxy"),
    ]

    @Test(arguments: refusals)
    func `explains why CAR can't be used, and asks nothing more`(
        answer: HTTPResponse, status: CheckResult.Status, code: Int, says: String
    ) async throws {
        let (results, _) = try await check { _ in answer }
        #expect(Set(results.keys) == ["CAR"])
        let result = try #require(results["CAR"])
        #expect(result.status == status)
        #expect(result.code == code)
        #expect(result.hint?.contains(says) == true, "\(result.hint ?? "")")
        #expect(result.hint?.contains("secret=1") != true)
    }

    @Test func `speaks of the token where there is one`() async throws {
        let (results, _) = try await check(token: "the-token") { _ in .json("{}", status: 401) }
        #expect(results["CAR"]?.hint?.contains("CAR_SERVICE_AUTHTOKEN") == true)
        #expect(results["CAR"]?.hint?.contains("the-token") == false)
    }

    @Test func `names the host that can't be reached, and its setting`() async throws {
        let results = await check(try .quick("http://127.0.0.1:9/api/car/v2"))
        #expect(results["CAR"]?.status == .unreachable)
        #expect(results["CAR"]?.code == 10)
        #expect(results["CAR"]?.hint?.contains("127.0.0.1:9: check CAR_SERVICE_URL") == true)
    }

    @Test(.timeLimit(.minutes(5))) func `ends in time where CAR hangs`() async throws {
        let kept = Locked<[DeferredResponder]>([])
        let car = try ScriptedCAR { _ in
            HTTPResponse(status: 200, body: .deferred { responder in kept.withLock { $0.append(responder) } })
        }
        defer { car.stop() }
        let results = await check(try .quick(car.baseURL), seconds: 1)
        #expect(results["CAR"]?.status == .unreachable)
        #expect(results["CAR"]?.hint?.contains("in time") == true)
    }
}
