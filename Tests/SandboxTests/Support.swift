import MicroHTTP
import Testing

@testable import Sandbox

/// A fixed time, so that estates of one seed are equal: 2026-11-20T12:00:00Z.
let fixedTime = EstateTime(milliseconds: 1_795_176_000_000, fractionDigits: 7)

extension Estate {
    /// A generated estate with a clock that only `advance` moves.
    static func fixed(seed: UInt64 = 7, machines: Int = 40, rows: Int = 30, alerts: Int = 20) -> Estate {
        generate(
            seed: seed, machines: machines, vulnerabilityRowsPerMachine: rows, alerts: alerts, clock: { fixedTime })
    }
}

extension HTTPResponse {
    /// The body's bytes; empty for a deferred or streamed one.
    var bytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }

    var json: JSONValue {
        (try? JSONParser.parse(bytes)) ?? .null
    }

    /// Of an error in Defender's form.
    var errorCode: String? { json["error"]?["code"]?.stringValue }
    var errorMessage: String {
        json["error"]?["message"]?.stringValue ?? json["errors"]?[0]["message"]?.stringValue ?? ""
    }
}

extension JSONValue {
    subscript(index: Int) -> JSONValue {
        guard let elements = arrayValue, elements.indices.contains(index) else { return .null }
        return elements[index]
    }
}

/// Asks a Defender simulator in process, with a valid token.
struct DefenderProbe {
    let simulator: DefenderSimulator
    let token: String

    init(_ estate: Estate = .fixed(), _ change: (inout SandboxOptions) -> Void = { _ in }) throws {
        var options = SandboxOptions()
        change(&options)
        simulator = DefenderSimulator(estate: estate, options: options)
        let answer = try Self.requestToken(simulator)
        token = try #require(answer.json["access_token"]?.stringValue)
    }

    static let form = [
        "grant_type": "client_credentials", "client_id": SandboxOptions.demoClientID,
        "client_secret": SandboxOptions.demoClientSecret, "scope": SandboxOptions.demoScope,
    ]

    static func requestToken(
        _ simulator: DefenderSimulator, tenant: String = SandboxOptions.demoTenant, form: [String: String] = form,
        type: String = "application/x-www-form-urlencoded"
    ) throws -> HTTPResponse {
        let body = form.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return try simulator.handle(
            HTTPRequest(
                method: "POST", path: "/\(tenant)/oauth2/v2.0/token", headers: ["Content-Type": type],
                body: Array(body.utf8)))
    }

    func get(_ path: String, _ query: [(String, String)] = []) throws -> HTTPResponse {
        try simulator.handle(
            HTTPRequest(
                method: "GET", path: path, query: query.map { HTTPRequest.QueryItem(name: $0.0, value: $0.1) },
                headers: ["Authorization": "Bearer \(token)", "Host": "127.0.0.1:1"]))
    }

    func hunt(_ query: String) throws -> HTTPResponse {
        try post(JSONValue.object([JSONValue.Member("Query", .string(query))]).text)
    }

    func post(_ body: String, type: String = "application/json") throws -> HTTPResponse {
        try simulator.handle(
            HTTPRequest(
                method: "POST", path: "/api/advancedqueries/run",
                headers: ["Authorization": "Bearer \(token)", "Content-Type": type], body: Array(body.utf8)))
    }
}

/// Asks a CAR simulator in process, with a token.
struct CARProbe {
    let simulator: CARSimulator

    init(_ change: (inout SandboxOptions) -> Void = { _ in }) {
        var options = SandboxOptions()
        options.carDelayMillisecondsMaximum = 0
        change(&options)
        simulator = CARSimulator(options: options)
    }

    func send(
        _ method: String, _ path: String, _ query: [(String, String)] = [], body: JSONValue? = nil,
        authorization: String = "car-token \(SandboxOptions.demoCARToken)"
    ) throws -> HTTPResponse {
        var headers: HTTPHeaders = ["Authorization": authorization]
        if body != nil { headers["Content-Type"] = "application/json" }
        return try simulator.handle(
            HTTPRequest(
                method: method, path: "/api/car\(path)",
                query: query.map { HTTPRequest.QueryItem(name: $0.0, value: $0.1) },
                headers: headers, body: Array((body?.text ?? "").utf8)))
    }

    static let timestamp: JSONValue = 1_795_176_000_000

    static func envelope(run: String = "1", _ collections: [(String, JSONValue)]) -> JSONValue {
        var members: [JSONValue.Member] = [
            JSONValue.Member("source", ["_key": "S", "name": "S"]),
            JSONValue.Member("report", ["_key": .string(run), "timestamp": timestamp, "type": "MDE"]),
        ]
        members += collections.map { JSONValue.Member($0.0, $0.1) }
        return .object(members)
    }

    static func edge(_ from: (String, String), _ to: (String, String), run: String = "1") -> JSONValue {
        .object([
            JSONValue.Member(from.0, .string(from.1)), JSONValue.Member(to.0, .string(to.1)),
            JSONValue.Member("report", .string(run)), JSONValue.Member("source", "S"), JSONValue.Member("active", true),
            JSONValue.Member("timestamp", timestamp),
        ])
    }

    @discardableResult
    func send(_ collections: [(String, JSONValue)], run: String = "1") throws -> HTTPResponse {
        try send("POST", "/v2/imports", body: Self.envelope(run: run, collections))
    }

    /// Starts a job and polls until it is over.
    func job(_ method: String, _ path: String, body: JSONValue? = nil) throws -> String {
        let id = try #require(try send(method, path, body: body).json["job_id"]?.stringValue)
        for _ in 0..<10 {
            let status = try #require(try send("GET", "/v2/jobstatus/\(id)").json["status"]?.stringValue)
            if status != "INPROGRESS" { return status }
        }
        return "INPROGRESS"
    }
}
