import DefenderFetcher
import Foundation
import MicroHTTP
import OutboundHTTP
import Threading

/// Login and API on a loopback port, answering from a closure; remembers what was asked.
final class ScriptedDefender: Sendable {
    typealias Script = @Sendable (_ request: HTTPRequest, _ number: Int) -> HTTPResponse

    private struct Log {
        var api: [HTTPRequest] = []
        var logins: [HTTPRequest] = []
    }

    private let log = Locked(Log())
    private let server: HTTPServer

    /// - Parameters:
    ///   - login: answers the token endpoint; by default with `token-1`, `token-2`, ...
    ///   - api: answers everything else; the number counts from 1.
    init(
        login: @escaping Script = ScriptedDefender.grant(), api: @escaping Script = { _, _ in .json(#"{"value":[]}"#) }
    )
        throws
    {
        let log = self.log
        var configuration = HTTPServerConfiguration()
        configuration.bodyBytesMax = 1 << 20
        configuration.connectionMemoryBytes = 64 << 10
        server = HTTPServer(configuration: configuration) { request in
            let isLogin = request.path.hasSuffix("/token")
            let number = log.withLock { log in
                if isLogin { log.logins.append(request) } else { log.api.append(request) }
                return isLogin ? log.logins.count : log.api.count
            }
            return isLogin ? login(request, number) : api(request, number)
        }
        try server.start()
    }

    deinit {
        server.stop(graceSeconds: 0)
    }

    var requests: [HTTPRequest] { log.withLock { $0.api } }
    var logins: [HTTPRequest] { log.withLock { $0.logins } }
    var url: String { "http://127.0.0.1:\(server.port)" }

    static func grant(expiresIn: String = "3599") -> Script {
        { _, number in
            .json(#"{"token_type":"Bearer","expires_in":\#(expiresIn),"access_token":"token-\#(number)"}"#)
        }
    }

    var settings: DefenderSettings {
        DefenderSettings(
            apiURL: url, loginURL: url, tenant: "contoso.example", clientID: "app-1",
            clientSecret: Secret("s3cret+&=~/?"), scope: "https://api.example/.default")
    }

    /// A client whose pauses take no time, except where `clock` says otherwise.
    func client(
        clock: WaitClock = TestClock().clock, attemptsMax: Int = 3, patienceSeconds: Double = 0,
        budgets: DefenderBudgets? = nil,
        _ change: (inout DefenderSettings) -> Void = { _ in },
        measured: (@Sendable (RequestMeasurement) -> Void)? = nil
    ) throws -> DefenderClient {
        var settings = settings
        change(&settings)
        var configuration = HTTPClientConfiguration(measured: measured)
        configuration.clock = clock
        return try DefenderClient(
            settings: settings, http: HTTPClient(configuration: configuration), budgets: budgets,
            retry: RetryPolicy(
                attemptsMax: attemptsMax, baseSeconds: 0.5, capSeconds: 30, deadlineSeconds: 7200,
                patienceSeconds: { patienceSeconds }),
            clock: clock)
    }
}

/// A clock that jumps over every pause and remembers it.
final class TestClock: Sendable {
    private struct State {
        var seconds = 0.0
        var pauses: [Double] = []
    }

    private let state = Locked(State())

    var pauses: [Double] { state.withLock { $0.pauses } }
    var now: Double { state.withLock { $0.seconds } }

    func advance(_ seconds: Double) {
        state.withLock { $0.seconds += seconds }
    }

    var clock: WaitClock {
        WaitClock(
            now: { self.now }, wall: { 1_795_000_000 + self.now },
            sleep: { seconds in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.seconds += seconds
                    state.pauses.append(seconds)
                }
                await Task.yield()
            })
    }
}

extension HTTPResponse {
    static func json(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", text: text)
    }

    /// An error in Defender's own form.
    static func error(_ status: Int, _ code: String, _ message: String, retryAfter: String? = nil) -> HTTPResponse {
        var response = json(
            #"{"error":{"code":"\#(code)","message":"\#(message)","target":"corr-7"}}"#, status: status)
        if let retryAfter { response.headers["Retry-After"] = retryAfter }
        return response
    }

    static func entra(_ number: Int, _ error: String = "invalid_client", status: Int = 400) -> HTTPResponse {
        json(
            #"{"error":"\#(error)","error_description":"AADSTS\#(number): Text.","error_codes":[\#(number)],"#
                + #""trace_id":"t","correlation_id":"corr-9"}"#, status: status)
    }

    static let proxyPage = HTTPResponse(status: 200, contentType: "text/html", text: "<html>Please log in</html>")
}

/// 40 hex digits that end in `number`, different for each.
func machineID(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "abcdef" + String(repeating: "0", count: 34 - digits.count) + digits
}
