import Foundation
import MicroHTTP

@testable import Sandbox

extension FuzzTarget {
    /// What clients send to the simulators: each input goes through every parser.
    static let sandbox = [
        FuzzTarget(name: "sandbox") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let value = try? JSONParser.parse(bytes) {
                let again = try? JSONParser.parse(value.text)
                require(again == value, "what is written can be read")
                _ = try? FaultPlan.faults(from: value)
            }
            _ = try? KQLParser.parse(text, now: now)
            for properties in [FilterProperties.machine, FilterProperties.alert] {
                _ = try? ODataFilterParser.parse(text, properties: properties)
            }
            _ = try? CARQueryParser.parse(text)
            _ = FormBody.parse(bytes)
            _ = try? CAREnvelope(bytes, checks: true)
            _ = try? CAREnvelope(unreadBody: bytes)
        },
        // Whole calls, `METHOD PATH?QUERY` on a line before the body, by a client that is let in.
        FuzzTarget(name: "sandbox-calls") { bytes in
            let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
            let words = String(decoding: lines[0], as: UTF8.self).split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[1].hasPrefix("/") else { return }
            let target = words[1].split(separator: "?", maxSplits: 1).map(String.init)
            let query = (target.count == 2 ? target[1] : "").split(separator: "&").map { item in
                let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return HTTPRequest.QueryItem(name: decoded(parts[0]), value: parts.count == 2 ? decoded(parts[1]) : "")
            }
            let body = lines.count == 2 ? Array(lines[1]) : []
            for simulator in simulators() {
                let answer = try? simulator(
                    HTTPRequest(method: String(words[0]), path: target[0], query: query, body: body))
                require(answer.map { $0.status != 500 } ?? false, "every call is answered")
            }
        },
    ]

    private static func decoded(_ text: Substring) -> String { text.removingPercentEncoding ?? String(text) }

    /// Both services as they are at their start, which add to a call what lets a client in.
    private static func simulators() -> [(HTTPRequest) throws -> HTTPResponse] {
        let defender = DefenderSimulator(estate: Estate(estate, clock: { now }), options: options)
        let car = CARSimulator(options: options)
        return [
            { request in
                var request = request
                let isLogin = request.path.hasSuffix("/token")
                request.headers["Content-Type"] =
                    isLogin ? "application/x-www-form-urlencoded" : "application/json"
                if !isLogin { request.headers["Authorization"] = "Bearer \(try token(of: defender))" }
                return try defender.handle(request)
            },
            { request in
                var request = request
                request.headers = [
                    "Content-Type": "application/json", "Authorization": "car-token \(SandboxOptions.demoCARToken)",
                ]
                return try car.handle(request)
            },
        ]
    }

    private static func token(of defender: DefenderSimulator) throws -> String {
        let form =
            "grant_type=client_credentials&client_id=\(SandboxOptions.demoClientID)"
            + "&client_secret=\(SandboxOptions.demoClientSecret)&scope=\(SandboxOptions.demoScope)"
        let answer = try defender.handle(
            HTTPRequest(
                method: "POST", path: "/\(SandboxOptions.demoTenant)/oauth2/v2.0/token",
                headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8)))
        guard case .bytes(let bytes) = answer.body,
            let token = try JSONParser.parse(bytes)["access_token"]?.stringValue
        else { fatalError("no token") }
        return token
    }

    private static let options = {
        var options = SandboxOptions()
        options.carDelayMillisecondsMaximum = 0
        return options
    }()

    /// Few machines, since a call may ask for every row of them.
    private static let estate = Estate.generate(
        seed: 7, machines: 3, vulnerabilityRowsPerMachine: 2, alerts: 2, clock: { now }
    ).snapshot()

    private static let now = EstateTime(nanoseconds: 1_800_000_000_000_000_000, fractionDigits: 0)
}
