import ConnectorCore
import OutboundHTTP

/// Tries what an import needs of CAR: address and credentials, the database, the source. Only asks: nothing is set up or
/// changed, whatever is missing.
public struct CARCheck: Sendable {
    public static let name = "CAR"
    public static let databaseName = "CAR database"
    public static let sourceName = "CAR source"
    private static let attemptSecondsMax = 15.0
    private static let repeatPause = 1.0

    private let settings: CARSettings
    private let calls: CARCalls
    private let clock: WaitClock

    public init(settings: CARSettings, http: HTTPClient, clock: WaitClock = .system) {
        self.settings = settings
        self.clock = clock
        calls = CARCalls(settings: settings, http: http, clock: clock)
    }

    /// - Parameter seconds: in which it ends, whatever hangs.
    public func run(seconds: Double) async -> [CheckResult] {
        let deadline = clock.now() + seconds
        let finding = CARFinding(settings: settings)
        let databases = await ask("/databases", "databases", "GET databases", deadline)
        let database: DatabaseList.Database?
        switch databases {
        case .failure(let error): return [finding.result(Self.name, of: error)]
        case .success(let response):
            do throws(CARError) {
                database = try self.database(response)
            } catch {
                return [finding.result(Self.name, of: error, redirectHost: redirectHost(response))]
            }
        }
        let reached = CheckResult(name: Self.name, status: .ok)
        // Without a database there is no source, and CAR would answer 400 to the question.
        let source =
            database == nil ? finding.unknownSource(Self.sourceName) : await source(finding, deadline)
        return [reached, finding.database(Self.databaseName, database), source]
    }

    /// 400 is CAR's word for a database that was not set up.
    private func database(_ response: OutboundResponse) throws(CARError) -> DatabaseList.Database? {
        let operation = "GET databases"
        if response.status == 400, ErrorBody.text(of: response.body) != nil || response.body.isEmpty { return nil }
        try calls.requireSuccess(response, operation: operation)
        return try calls.decode(DatabaseList.self, from: response, operation: operation).databases.first
    }

    private func source(_ finding: CARFinding, _ deadline: Double) async -> CheckResult {
        let operation = "GET source"
        switch await ask("/source/\(URLEncoding.encode(settings.source))", "source", operation, deadline) {
        case .failure(let error): return finding.result(Self.sourceName, of: error)
        case .success(let response):
            if response.status == 404 { return finding.unknownSource(Self.sourceName) }
            do throws(CARError) {
                try calls.requireSuccess(response, operation: operation)
                let record = try calls.decode(SourceRecord.self, from: response, operation: operation)
                return finding.source(Self.sourceName, savePoint: record.modelStateID)
            } catch {
                return finding.result(Self.sourceName, of: error, redirectHost: redirectHost(response))
            }
        }
    }

    /// CAR, or a login page's address, may repeat the credentials in it.
    private func redirectHost(_ response: OutboundResponse) -> String? {
        response.redirectHost.map { calls.safeText.shortened($0) }
    }

    /// At most two attempts.
    private func ask(
        _ path: String, _ label: String, _ operation: String, _ deadline: Double
    ) async -> Result<OutboundResponse, CARError> {
        let first = await attempt(path, label, operation, deadline)
        guard Self.isTransient(first), clock.now() + Self.repeatPause < deadline else { return first }
        do {
            try await clock.sleep(Self.repeatPause)
        } catch {
            return first
        }
        return await attempt(path, label, operation, deadline)
    }

    private func attempt(
        _ path: String, _ label: String, _ operation: String, _ deadline: Double
    ) async -> Result<OutboundResponse, CARError> {
        var request = calls.request(.get, path, label: label)
        request.deadlineSeconds = min(Self.attemptSecondsMax, deadline - clock.now())
        guard request.deadlineSeconds > 0.1 else { return .failure(CARError(operation: operation, reason: .timedOut)) }
        do {
            return .success(try await calls.send(request, operation: operation, repetition: .never))
        } catch let error as CARError {
            return .failure(error)
        } catch {
            return .failure(CARError(operation: operation, reason: .timedOut))
        }
    }

    private static func isTransient(_ result: Result<OutboundResponse, CARError>) -> Bool {
        switch result {
        case .success(let response): response.status == 403 || response.status >= 500
        case .failure(let error): error.reason == .unreachable
        }
    }
}
