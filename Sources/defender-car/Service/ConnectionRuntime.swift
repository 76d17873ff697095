import CARImporter
import ConnectorCore
import ControlAPI
import DefenderFetcher
import Logging
import OutboundHTTP
import Telemetry

/// A configured connection with its clients.
struct ConnectionRuntime: Sendable {
    let settings: ConnectionSettings
    let defender: DefenderClient
    let car: CARClient
    private let defenderHTTP: HTTPClient

    /// - Parameter budgets: of the tenant, shared by the connections that read it.
    init(
        _ settings: ConnectionSettings, car carSettings: CARSettings, budgets: DefenderBudgets, caFile: String?,
        metrics: ServiceMetrics, logger: Logger
    ) throws {
        self.settings = settings
        let defenderOutages = OutageLog(of: "Defender", connection: settings.name, logger: logger)
        let carOutages = OutageLog(of: "CAR", connection: settings.name, logger: logger)
        var configuration = HTTPClientConfiguration(
            workers: 12, caFile: caFile, userAgent: BuildInfo.userAgent,
            measured: { measurement in
                metrics.defenderRequest(
                    api: measurement.label, status: measurement.answered, seconds: measurement.seconds)
                defenderOutages.answered(
                    measurement.label, status: measurement.answered, error: measurement.error)
            })
        configuration.waited = { metrics.defenderWaited(api: $0, seconds: $1) }
        defenderHTTP = HTTPClient(configuration: configuration)
        defender = try DefenderClient(settings: settings.defender, http: defenderHTTP, budgets: budgets)
        car = CARClient(
            settings: carSettings,
            configuration: HTTPClientConfiguration(
                workers: 12, caFile: caFile, userAgent: BuildInfo.userAgent,
                measured: { measurement in
                    metrics.carRequest(
                        call: measurement.label, status: measurement.answered, seconds: measurement.seconds)
                    carOutages.answered(
                        measurement.label, status: measurement.answered, error: measurement.error)
                }),
            importEnded: { metrics.carImportEnded(outcome: $0.rawValue) })
    }

    /// What the control API shows of it.
    var info: ConnectionInfo {
        ConnectionInfo(
            name: settings.name, defenderURL: settings.defender.apiURL, carURL: car.settings.baseURL,
            alerts: settings.run.alerts, vulnerabilities: settings.run.vulnerabilities,
            schedules: settings.schedules.mapValues(\.text))
    }

    func shutdown() {
        defenderHTTP.shutdown()
        car.shutdown()
    }
}

extension RequestMeasurement {
    /// The status; `nil` where there was no answer.
    var answered: Int? { status == 0 ? nil : status }
}
