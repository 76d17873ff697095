import ConnectorCore
import Foundation
import OutboundHTTP

/// Lets the service that holds the state directory do an import, over its control API, and waits for the end.
struct HandOver: Sendable {
    enum Outcome: Sendable, Equatable {
        case ended(Int32)
        /// The service has stopped or stops, or has not begun to listen; says what was seen of it.
        case gone(String)
    }

    /// Why a service does not take an import from this command; for the person who called it.
    struct Refused: Error, Sendable, Equatable, CustomStringConvertible {
        var description: String
        var code: Int32 = DefenderCar.badArguments
    }

    private static let waitSeconds = 20
    private static let unansweredMax = 3
    /// Between two looks at a job that changes all the time.
    private static let pause = Duration.milliseconds(200)

    /// Of the service.
    let url: String
    let token: Secret?
    /// Flags of the command line that the service does not take over.
    let ownFlags: [String]
    let console: JobConsole
    private let http: HTTPClient

    /// - Parameter caFile: authorities for the service's certificate; the system's where `nil`.
    init(url: String, token: Secret?, caFile: String?, ownFlags: [String], console: JobConsole) {
        self.url = url
        self.token = token
        self.ownFlags = ownFlags
        self.console = console
        var configuration = HTTPClientConfiguration(
            workers: 1, connectTimeoutSeconds: 5, caFile: caFile, userAgent: BuildInfo.userAgent)
        // It is on this machine, which a proxy is not.
        configuration.usesProxy = false
        http = HTTPClient(configuration: configuration)
    }

    /// - Throws: `Refused`, `CancellationError`; then the job, if there is one, goes on in the service.
    func run(_ request: ImportRequest) async throws -> Outcome {
        defer { http.shutdown() }
        let started: JobSnapshot
        switch try await start(request) {
        case .success(let job): started = job
        case .failure(let silence): return .gone(silence.reason)
        }
        console.tell("The service at \(url) does it: job \(started.id).")
        if !ownFlags.isEmpty {
            console.tell("It goes by its own settings, not by this command's \(ownFlags.joined(separator: ", ")).")
        }
        console.show(started)
        if let code = started.exitCode { return .ended(code) }
        do {
            return try await end(of: started.id)
        } catch is CancellationError {
            console.tell("The import goes on in the service: \(url)/v1/jobs/\(started.id)")
            throw CancellationError()
        }
    }

    // MARK: The job

    private func start(_ request: ImportRequest) async throws -> Result<JobSnapshot, Silence> {
        var post = OutboundRequest(
            .post, url: url + request.path, headers: [("Content-Type", "application/json")], body: request.body)
        post.deadlineSeconds = 30
        switch try await send(post) {
        case .failure(let silence): return .failure(silence)
        case .success(let response) where response.status == 202: return .success(try job(in: response))
        case .success(let response): throw refusal(response)
        }
    }

    private func end(of id: String) async throws -> Outcome {
        var tag: String?
        var unanswered = 0
        while true {
            var get = OutboundRequest(.get, url: "\(url)/v1/jobs/\(id)?wait=\(Self.waitSeconds)")
            if let tag { get.headers.append(("If-None-Match", tag)) }
            get.deadlineSeconds = Double(Self.waitSeconds + 20)
            switch try await send(get) {
            case .failure(let silence):
                unanswered += 1
                if unanswered >= Self.unansweredMax { return .gone(silence.reason) }
            case .success(let response) where response.status == 200:
                let job = try job(in: response)
                console.show(job)
                if let code = job.exitCode { return .ended(code) }
                tag = response.header("ETag")
                unanswered = 0
            case .success(let response) where response.status == 304: unanswered = 0
            case .success(let response): throw refusal(response)
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func job(in response: OutboundResponse) throws -> JobSnapshot {
        do {
            return try JSONDecoder().decode(JobSnapshot.self, from: Data(response.body))
        } catch {
            throw Refused(description: "\(url) answers with something else than a job: no defender-car?", code: 1)
        }
    }

    // MARK: Requests

    /// No answer, or the answer of a service that stops.
    private struct Silence: Error {
        var reason: String
    }

    private func send(_ request: OutboundRequest) async throws -> Result<OutboundResponse, Silence> {
        var request = request
        request.headers.append(("Accept", "application/json"))
        request.authorization = token.map { Secret("Bearer \($0.reveal())") }
        request.answerBytesMax = 1 << 20
        request.label = "service"
        do {
            let response = try await http.send(request)
            return response.status == 503 ? .failure(Silence(reason: Self.reason(in: response))) : .success(response)
        } catch OutboundError.tls(let reason) {
            throw Refused(
                description:
                    "The service that uses this STATE_DIR listens at \(url), and its certificate is not trusted "
                    + "there: \(reason). Set TLS_CERTIFICATE (or CA_FILE) for this command too, and where the certificate "
                    + "is not valid for that name, say by which it is: --service-url https://NAME:PORT.")
        } catch let error as OutboundError {
            try Task.checkCancellation()
            if case .invalidURL(let reason) = error { throw Refused(description: "the service's address \(reason)") }
            return .failure(Silence(reason: error.description))
        }
    }

    /// Of a 503, without the full stop: for the end of a sentence.
    private static func reason(in response: OutboundResponse) -> String {
        var detail = Problem(in: response)?.detail ?? ""
        if detail.hasSuffix(".") { detail.removeLast() }
        return detail.isEmpty ? "it stops, or is busy" : detail
    }

    private func refusal(_ response: OutboundResponse) -> Refused {
        switch response.status {
        case 401 where token == nil:
            return Refused(
                description:
                    "The service that uses this STATE_DIR (\(url)) demands a token: give this command its API_TOKEN "
                    + "(or API_TOKEN_FILE).")
        case 401:
            return Refused(
                description:
                    "The service that uses this STATE_DIR (\(url)) refuses the API_TOKEN of this command: it must "
                    + "be the one with which the service was started.")
        case 403:
            return Refused(
                description:
                    "The service that uses this STATE_DIR (\(url)) lets this command's token only read: it needs "
                    + "the API_TOKEN.")
        default:
            let problem = Problem(in: response)
            let fields = (problem?.errors ?? []).map { " \($0.field): \($0.reason)." }.joined()
            return Refused(
                description: "The service at \(url) answers \(response.status). \(problem?.detail ?? "")\(fields)",
                code: (400..<500).contains(response.status) ? DefenderCar.badArguments : 1)
        }
    }
}

/// Why the service refuses a request.
private struct Problem: Decodable {
    struct Field: Decodable {
        var field: String
        var reason: String
    }

    var detail: String?
    var errors: [Field]?

    /// - Returns: `nil` where the body is of another kind, which adds nothing.
    init?(in response: OutboundResponse) {
        guard let problem = try? JSONDecoder().decode(Problem.self, from: Data(response.body)) else { return nil }
        self = problem
    }
}
