import Foundation
import OutboundHTTP
import Threading

/// Drives a service over its control API, as an orchestrator does.
final class ControlClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var text: String
        var header: @Sendable (String) -> String?

        func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }
    }

    struct UnexpectedAnswer: Error, CustomStringConvertible {
        var description: String
    }

    let base: String
    private let http: HTTPClient
    private let transcript = Locked("")

    init(base: String, connections: Int = 4) {
        self.base = base
        http = HTTPClient(configuration: HTTPClientConfiguration(workers: connections))
    }

    deinit {
        http.shutdown()
    }

    /// Every answer so far, headers of interest aside.
    var answers: String { transcript.withLock { $0 } }

    func send(
        _ method: OutboundRequest.Method, _ path: String, body: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = OutboundRequest(method, url: base + path, headers: headers)
        if let body {
            request.headers.append(("Content-Type", "application/json"))
            request.body = Array(body.utf8)
        }
        let response = try await http.send(request)
        let text = String(decoding: response.body, as: UTF8.self)
        transcript.withLock { $0 += text + "\n" }
        return Answer(status: response.status, text: text, header: { response.header($0) })
    }

    func get<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) async throws -> Value {
        try await expect(200, send(.get, path), path)
    }

    private func expect<Value: Decodable>(_ status: Int, _ answer: Answer, _ path: String) throws -> Value {
        guard answer.status == status else {
            throw UnexpectedAnswer(description: "\(path): \(answer.status) instead of \(status): \(answer.text)")
        }
        return try answer.decoded()
    }

    // MARK: Jobs

    func start(_ kind: String, body: String? = nil) async throws -> JobAnswer {
        let path = "/v1/imports/\(kind)"
        return try await expect(202, send(.post, path, body: body), path)
    }

    func job(_ id: String) async throws -> JobAnswer {
        try await get("/v1/jobs/\(id)")
    }

    func report(_ id: String) async throws -> ReportAnswer {
        try await get("/v1/jobs/\(id)/report")
    }

    func end(of id: String, within limit: Duration = .seconds(120)) async throws -> JobAnswer {
        try await poll("the end of job \(id)", within: limit, every: .milliseconds(20)) {
            let job = try await job(id)
            return job.isEnded ? job : nil
        }
    }

    /// Starts a job and waits for its end.
    func run(_ kind: String, body: String? = nil, within limit: Duration = .seconds(120)) async throws -> JobAnswer {
        try await end(of: start(kind, body: body).id, within: limit)
    }
}
