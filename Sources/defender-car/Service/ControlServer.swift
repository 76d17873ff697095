import ConnectorCore
import ControlAPI
import Foundation
import Logging
import MicroHTTP
import ServiceLifecycle
import Telemetry

/// The control API on its address.
struct ControlServer: ServiceLifecycle.Service {
    static let stopSeconds = 2.0

    let settings: ServiceSettings
    let engine: Engine
    let logger: Logger

    func run() async throws {
        let address = ServiceAddressFile(stateDirectory: settings.stateDirectory)
        // What a killed service has left.
        address.remove()
        let running = try start()
        defer {
            address.remove()
            running.stop()
        }
        announce(running, in: address)
        StandardStreams.output("listening on \(running.url)\n")
        logger.info("listening", metadata: ["url": "\(running.url)"])
        try? await gracefulShutdown()
    }

    /// Tells commands on this machine where the service is: the engine holds the state directory.
    private func announce(_ running: Running, in file: ServiceAddressFile) {
        do {
            try file.write(running.localURL)
        } catch {
            logger.warning(
                "can't write the service's address; \"import\" will not find the service",
                metadata: ["path": "\(file.path)", "error": "\(error)"])
        }
    }

    /// - Throws: `HTTPServerError` with the address and the reason.
    func start() throws -> Running {
        let router = ControlAPI(dependencies()).router
        for route in router.routes { engine.metrics.prepareRoute(route.template, method: route.method) }
        let server = HTTPServer(configuration: try configuration(), router: router)
        let address = try server.start()
        return Running(
            server: server, url: url(of: address),
            localURL: ServiceAddressFile.url(
                host: address.host, port: address.port, isTLS: settings.tlsCertificate != nil))
    }

    /// A server that accepts requests.
    struct Running {
        let server: HTTPServer
        let url: String
        /// For processes of the same machine.
        let localURL: String

        func stop() {
            _ = server.stop(graceSeconds: ControlServer.stopSeconds)
        }
    }

    private func url(of address: BoundAddress) -> String {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        return "\(settings.tlsCertificate == nil ? "http" : "https")://\(host):\(address.port)"
    }

    private func dependencies() -> ControlAPIDependencies {
        var dependencies = ControlAPIDependencies(
            store: engine.store, queue: engine.queue, connections: engine.runtimes.map(\.info),
            access: AccessPolicy(
                operatorToken: settings.operatorToken?.reveal(), readerToken: settings.readerToken?.reveal(),
                metricsOpen: settings.metricsOpen),
            renderMetrics: { [engine] in engine.renderMetrics($0) },
            check: { [engine, caFile = settings.caFile] in await engine.check($0, caFile: caFile) },
            clock: { Timestamp.now }, version: BuildInfo.version,
            onJobChange: { [engine] in engine.observeJobs($0) })
        dependencies.budgets = { [engine] in engine.budgets(of: $0) }
        return dependencies
    }

    private func configuration() throws -> HTTPServerConfiguration {
        guard let listen = settings.listen else { preconditionFailure("settings are checked before") }
        var configuration = HTTPServerConfiguration(host: listen.host, port: listen.port)
        configuration.tls = try tls()
        configuration.onRequest = { [metrics = engine.metrics, logger] summary in
            metrics.httpRequest(
                route: summary.routeTemplate, method: summary.method, status: summary.status, seconds: summary.seconds)
            logger.debug(
                "request",
                metadata: [
                    "method": "\(summary.method)", "route": "\(summary.routeTemplate ?? "none")",
                    "status": "\(summary.status)",
                ])
        }
        configuration.onHandlerError = { [logger] error, request in
            logger.error(
                "a handler failed", metadata: ["route": "\(request.routeTemplate ?? "none")", "error": "\(error)"])
        }
        configuration.onLog = { [logger] message in logger.debug("libmicrohttpd", metadata: ["text": "\(message)"]) }
        return configuration
    }

    private func tls() throws -> HTTPServerTLS? {
        guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
        return HTTPServerTLS(
            certificate: try String(contentsOfFile: certificate, encoding: .utf8),
            key: try String(contentsOfFile: key, encoding: .utf8),
            clientAuthorities: try settings.tlsClientAuthorities.map {
                try String(contentsOfFile: $0, encoding: .utf8)
            })
    }
}

extension Engine {
    /// Tries what imports of a connection depend on, within the call budgets that they share.
    func check(_ connection: String, caFile: String?) async -> [CheckResult] {
        guard let runtime = runtimes.first(where: { $0.settings.name == connection }) else { return [] }
        var check = ConnectionCheck(settings: runtime.settings, budgets: runtime.defender.budgets, caFile: caFile)
        check.measuredDefender = { [metrics] in
            metrics.defenderRequest(api: $0.label, status: $0.answered, seconds: $0.seconds)
        }
        check.measuredCAR = { [metrics] in
            metrics.carRequest(call: $0.label, status: $0.answered, seconds: $0.seconds)
        }
        return await check.run()
    }
}

// The lifecycle library writes its services into the debug log: without their settings.
extension ControlServer: CustomStringConvertible {
    var description: String { "control API" }
}

extension QueueService: CustomStringConvertible {
    var description: String { "job queue" }
}
