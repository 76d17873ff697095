import CARImporter
import ConnectorCore
import DefenderFetcher
import OutboundHTTP

/// Tries everything that an import of a connection depends on, and changes nothing. Needs no store, so it works beside a
/// running service.
struct ConnectionCheck: Sendable {
    enum Scope: Sendable {
        case everything
        /// Entra and Defender alone, as IBM's connection test.
        case dataSource
    }

    /// Within which a check ends; the control API gives it a little longer.
    static let seconds = 50.0

    let settings: ConnectionSettings
    /// Of the tenant: those of the running imports where there are any.
    let budgets: DefenderBudgets
    let caFile: String?
    /// Called for every request, of Entra and Defender, and of CAR.
    var measuredDefender: (@Sendable (RequestMeasurement) -> Void)?
    var measuredCAR: (@Sendable (RequestMeasurement) -> Void)?

    /// - Returns: in the order in which an import would stumble.
    func run(_ scope: Scope = .everything) async -> [CheckResult] {
        async let defender = checkDefender()
        async let car = scope == .everything ? checkCAR() : []
        return await defender + car
    }

    private func checkDefender() async -> [CheckResult] {
        let http = client(measuredDefender)
        defer { http.shutdown() }
        do {
            let check = try DefenderCheck(settings: settings.defender, http: http, budgets: budgets)
            return await check.run(settings.run, seconds: Self.seconds)
        } catch {
            return [CheckResult(name: DefenderCheck.loginName, status: .misconfigured, hint: "\(error)", code: 2)]
        }
    }

    private func checkCAR() async -> [CheckResult] {
        guard let car = settings.car else {
            let hint = "CAR_SERVICE_URL and its credentials are not set."
            return [CheckResult(name: CARCheck.name, status: .misconfigured, hint: hint, code: 2)]
        }
        let http = client(measuredCAR)
        defer { http.shutdown() }
        return await CARCheck(settings: car, http: http).run(seconds: Self.seconds)
    }

    private func client(_ measured: (@Sendable (RequestMeasurement) -> Void)?) -> HTTPClient {
        HTTPClient(
            configuration: HTTPClientConfiguration(
                workers: 4, caFile: caFile, userAgent: BuildInfo.userAgent, measured: measured))
    }
}

extension [CheckResult] {
    /// The code of the first that is not ok, as an import's would be; 0 where all are. A wrong clock, which stops no
    /// import, decides only where nothing else is wrong.
    var exitCode: Int32 {
        let codes = filter { $0.status != .ok }.map { Int32($0.code) }
        return codes.first { $0 != 1 } ?? codes.first ?? 0
    }
}
