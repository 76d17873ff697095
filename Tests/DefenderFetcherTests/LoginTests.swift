import ConnectorCore
import DefenderFetcher
import Foundation
import MicroHTTP
import OutboundHTTP
import Testing
import Threading

@Suite struct `The login` {
    @Test func `sends the application's credentials as a form`() async throws {
        let defender = try ScriptedDefender()
        _ = try await defender.client().machines(.all, skip: 0, top: 10)
        let login = try #require(defender.logins.first)
        #expect(login.method == "POST")
        #expect(login.path == "/contoso.example/oauth2/v2.0/token")
        #expect(login.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(
            String(decoding: login.body, as: UTF8.self)
                == "grant_type=client_credentials&client_id=app-1&client_secret=s3cret%2B%26%3D~%2F%3F"
                + "&scope=https%3A%2F%2Fapi.example%2F.default")
        #expect(login.headers["Authorization"] == nil)
        #expect(defender.requests.first?.headers["Authorization"] == "Bearer token-1")
    }

    @Test func `is made once for calls side by side`() async throws {
        let defender = try ScriptedDefender()
        let client = try defender.client()
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { _ = try await client.machines(.all, skip: 0, top: 10) } }
            try await group.waitForAll()
        }
        #expect(defender.logins.count == 1)
        #expect(defender.requests.count == 20)
        #expect(client.requestCount == 21)
    }

    @Test(arguments: [("3600", 3600.0, 3300.0), (#""3600""#, 3600, 3300), ("1000", 1000, 900), (#""60""#, 60, 54)])
    func `is repeated shortly before the token expires`(expiresIn: String, lifetime: Double, usable: Double)
        async throws
    {
        let time = TestClock()
        let defender = try ScriptedDefender(login: ScriptedDefender.grant(expiresIn: expiresIn))
        let client = try defender.client(clock: time.clock)
        #expect(client.tokenExpiry == nil)
        _ = try await client.machines(.all, skip: 0, top: 10)
        #expect(client.tokenExpiry == Timestamp(milliseconds: Int64((1_795_000_000 + lifetime) * 1000)))
        time.advance(usable - 1)
        _ = try await client.machines(.all, skip: 0, top: 10)
        #expect(defender.logins.count == 1)
        time.advance(2)
        _ = try await client.machines(.all, skip: 0, top: 10)
        #expect(defender.logins.count == 2)
        #expect(defender.requests.last?.headers["Authorization"] == "Bearer token-2")
    }

    @Test func `is repeated once when the API refuses the token`() async throws {
        let defender = try ScriptedDefender(api: { request, _ in
            request.headers["Authorization"] == "Bearer token-1"
                ? .error(401, "Unauthorized", "The token is expired.") : .json(#"{"value":[]}"#)
        })
        let client = try defender.client()
        _ = try await client.machines(.all, skip: 0, top: 10)
        _ = try await client.machines(.all, skip: 0, top: 10)
        #expect(defender.logins.count == 2)
        #expect(defender.requests.count == 3)
    }

    @Test func `is not the cure for a second refusal`() async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(401, "Unauthorized", "Bad audience") })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        #expect(error?.jobFailure.code == 52)
        #expect(error?.detail?.contains("Bad audience") == true)
        #expect(defender.logins.count == 2)
        #expect(defender.requests.count == 2)
    }

    @Test(arguments: ["No Tvm license", "Account mode is inactive"])
    func `is not blamed for a missing licence`(message: String) async throws {
        let defender = try ScriptedDefender(api: { _, _ in .error(401, "Unauthorized", message) })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.findings(of: [id(1)], texts: true) }
        #expect(error?.reason == .unlicensed)
        #expect(error?.jobFailure.code == 53)
        #expect(defender.logins.count == 1)
        #expect(defender.requests.count == 1)
    }

    @Test(arguments: [
        (7_000_215, "value is needed, not its ID"), (7_000_222, "expired"), (90002, "the tenant is not known"),
        (700_016, "client ID"), (900_432, "another cloud"), (500_011, "scope"), (65001, "consent"),
        (7_000_112, "disabled"),
        (70011, "scope is wrong"), (123_456, "credentials were refused"),
    ])
    func `explains what Entra says`(number: Int, hint: String) async throws {
        let defender = try ScriptedDefender(login: { _, _ in .entra(number) })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.machines(.all, skip: 0, top: 10) }
        let failure = try #require(error?.jobFailure)
        #expect(failure.code == 52)
        #expect(failure.message.contains(hint))
        #expect(failure.message.contains("AADSTS\(number)"))
        #expect(failure.message.contains("corr-9"))
        #expect(defender.logins.count == 1)
        #expect(defender.requests.isEmpty)
    }

    @Test func `is tried again on what passes`() async throws {
        let defender = try ScriptedDefender(login: { request, number in
            switch number {
            case 1: .entra(90033, "temporarily_unavailable")
            case 2: HTTPResponse(status: 503)
            case 3: .proxyPage
            default: ScriptedDefender.grant()(request, number)
            }
        })
        let client = try defender.client(attemptsMax: 4)
        _ = try await client.machines(.all, skip: 0, top: 10)
        #expect(defender.logins.count == 4)
        #expect(client.requestCount == 5)
    }

    @Test(arguments: [
        (HTTPResponse(status: 503), 51), (HTTPResponse(status: 429), 51), (HTTPResponse.proxyPage, 55),
        (HTTPResponse.json(#"{"access_token":""}"#), 55), (HTTPResponse.json(#"{"access_token":"a\r\nb: c"}"#), 55),
        (HTTPResponse.json(#"{"access_token":"a","token_type":"mac"}"#), 55), (HTTPResponse.json("[]"), 55),
        (HTTPResponse(status: 302, headers: ["Location": "https://login.proxy.example/x?y=z"]), 55),
        (HTTPResponse(status: 404, contentType: "text/html", text: "<html>"), 55), (HTTPResponse(status: 401), 52),
    ])
    func `fails with the class of its cause`(answer: HTTPResponse, code: Int) async throws {
        let defender = try ScriptedDefender(login: { _, _ in answer })
        let client = try defender.client(attemptsMax: 2)
        let error = await #expect(throws: DefenderError.self) { try await client.login() }
        #expect(error?.jobFailure.code == code)
        #expect(error?.operation == "POST token")
        if answer.status == 302 { #expect(error?.description.contains("host login.proxy.example (") == true) }
    }

    @Test func `keeps secrets out of its errors`() async throws {
        let defender = try ScriptedDefender(login: { request, _ in
            .json(
                #"{"error":"invalid_client","error_description":"AADSTS7000215: s3cret+&=~/? is\u0007 wrong\r\n"#
                    + String(repeating: "x", count: 5000) + #""}"#, status: 401)
        })
        let client = try defender.client()
        let error = await #expect(throws: DefenderError.self) { try await client.login() }
        let text = try #require(error?.description)
        #expect(text.contains("<redacted> is wrong"))
        #expect(!text.contains("s3cret"))
        #expect(text.count < 600)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    /// In a process of its own, since the environment is the whole process's.
    @Test func `shows no credentials of a proxy that repeats them`() async throws {
        await #expect(processExitsWith: .success) {
            setenv("HTTPS_PROXY", "http://user:proxy%2Fpass@127.0.0.1:9", 1)
            let said = Data("user:proxy/pass".utf8).base64EncodedString() + " proxy/pass"
            let refusal = HTTPResponse.json(#"{"error":{"code":"x","message":"Basic \#(said)"}}"#, status: 400)
            for defender in [
                try ScriptedDefender(login: { _, _ in refusal }), try ScriptedDefender(api: { _, _ in refusal }),
            ] {
                let client = try defender.client()
                let error = await #expect(throws: DefenderError.self) {
                    try await client.machines(.all, skip: 0, top: 10)
                }
                #expect(error?.detail == "x: Basic <redacted> <redacted>")
            }
        }
    }

    @Test func `goes on for others when the first caller is cancelled`() async throws {
        let gate = Gate()
        let defender = try ScriptedDefender(login: { request, number in
            gate.hold(ScriptedDefender.grant()(request, number))
        })
        let client = try defender.client()
        let first = Task { try await client.login() }
        try await gate.arrived()
        let second = Task { try await client.login() }
        // The second has joined once the client has nothing else to do for it; joining late is as good.
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        gate.open()
        try await second.value
        #expect(client.tokenExpiry != nil)
    }

    @Test func `ends at once for the only caller when that one is cancelled`() async throws {
        let gate = Gate()
        let defender = try ScriptedDefender(login: { request, number in
            gate.hold(ScriptedDefender.grant()(request, number))
        })
        let client = try defender.client()
        let call = Task { try await client.machines(.all, skip: 0, top: 10) }
        try await gate.arrived()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        gate.open()
        _ = try await client.machines(.all, skip: 0, top: 10)
        #expect(defender.requests.count == 1)
    }
}

func id(_ number: Int) throws -> MachineID {
    try #require(MachineID(machineID(number)))
}

/// Holds answers back until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var held: [@Sendable () -> Void] = []
        var arrived = false
        var waiting: CheckedContinuation<Void, any Error>?
    }

    private let state = Locked(State())

    func hold(_ response: HTTPResponse) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            body: .deferred { [self] responder in
                let (isOpen, waiting) = state.withLock { state in
                    if !state.isOpen { state.held.append { responder.respond(response) } }
                    state.arrived = true
                    defer { state.waiting = nil }
                    return (state.isOpen, state.waiting)
                }
                if isOpen { responder.respond(response) }
                waiting?.resume()
            })
    }

    /// Returns when a request is held; throws after a minute.
    func arrived() async throws {
        let deadline = Task {
            try await Task.sleep(for: .seconds(60))
            state.withLock { $0.waiting.take() }?.resume(throwing: CancellationError())
        }
        defer { deadline.cancel() }
        try await withCheckedThrowingContinuation { continuation in
            let arrived = state.withLock { state in
                if !state.arrived { state.waiting = continuation }
                return state.arrived
            }
            if arrived { continuation.resume() }
        }
    }

    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for release in held { release() }
    }
}
