import ConnectorCore
import ControlAPI
import Foundation
import JobQueue
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
    private let api: ControlAPI

    init(settings: ServiceSettings, engine: Engine, logger: Logger) {
        self.settings = settings
        self.engine = engine
        self.logger = logger
        var dependencies = Self.dependencies(settings, engine)
        dependencies.storeChanged = { reason in
            if let reason {
                logger.error("the store can't be used", metadata: ["reason": "\(reason)"])
            } else {
                logger.notice("the store can be used again")
            }
        }
        api = ControlAPI(dependencies)
    }

    /// Connections of clients; with those for probes far below the usual limit of descriptors.
    static let connectionsMax = 2000

    func run() async throws {
        let address = ServiceAddressFile(stateDirectory: settings.stateDirectory)
        // What a killed service has left.
        address.remove()
        let running = try start()
        defer {
            address.remove()
            running.stop()
        }
        let metricsServer = try startMetricsServer()
        defer { metricsServer?.stop(graceSeconds: Self.stopSeconds) }
        let following = running.certificates.map { files in
            Task { [logger] in await files.follow(running.server, since: running.stamps, logger: logger) }
        }
        defer { following?.cancel() }
        announce(running, in: address)
        StandardStreams.output("listening on \(running.url)\n")
        MemoryPolicy.giveBack()
        logger.info("listening", metadata: ["url": "\(running.url)"])
        try? await gracefulShutdown()
        // At once, not in the queue's turn after this server's: clients on open connections must not start runs any more.
        engine.queue.beginDraining()
        logger.info("stopping")
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
        guard let listen = settings.listen else { preconditionFailure("settings are checked before") }
        let router = api.router
        for route in router.routes { engine.metrics.prepareRoute(route.template, method: route.method) }
        var configuration = configuration(listen)
        configuration.connectionsMax = DescriptorLimit.connectionsMax(
            descriptors: DescriptorLimit.raise(), wanted: Self.connectionsMax)
        // Behind an ingress or a sidecar all clients have one address.
        configuration.connectionsPerAddressMax = 0
        configuration.reservedPaths = Set(api.probeRouter.routes.map(\.template))
        let certificates = CertificateFiles(settings)
        let stamps = certificates?.stamps() ?? []
        configuration.tls = try certificates?.read()
        let server = HTTPServer(configuration: configuration, router: router)
        let address = try start(server, setting: "HTTP_LISTEN")
        return Running(
            server: server, url: url(of: address),
            localURL: ServiceAddressFile.url(
                host: address.host, port: address.port, isTLS: settings.tlsCertificate != nil),
            certificates: certificates, stamps: stamps)
    }

    /// Probes and metrics on their own address, where one is set.
    private func startMetricsServer() throws -> HTTPServer? {
        guard let listen = settings.metricsListen else { return nil }
        var configuration = configuration(listen)
        configuration.threads = 1
        configuration.connectionsMax = 64
        let server = HTTPServer(configuration: configuration, router: api.probeRouter)
        let address = try start(server, setting: "METRICS_LISTEN")
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        logger.info("listening for probes and metrics", metadata: ["url": "http://\(host):\(address.port)"])
        return server
    }

    /// - Throws: `HTTPServerError`, with the setting to change where it is the address.
    private func start(_ server: HTTPServer, setting: String) throws(HTTPServerError) -> BoundAddress {
        do {
            return try server.start()
        } catch {
            guard [.addressInUse, .addressNotAvailable, .permissionDenied].contains(error.reason) else { throw error }
            var named = error
            named.description = "\(setting): \(error)"
            throw named
        }
    }

    /// A server that accepts requests.
    struct Running {
        let server: HTTPServer
        let url: String
        /// For processes of the same machine.
        let localURL: String
        let certificates: CertificateFiles?
        /// Of the files as they were read.
        let stamps: [CertificateFiles.Stamp?]

        func stop() {
            _ = server.stop(graceSeconds: ControlServer.stopSeconds)
        }
    }

    private func url(of address: BoundAddress) -> String {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        return "\(settings.tlsCertificate == nil ? "http" : "https")://\(host):\(address.port)"
    }

    private static func dependencies(_ settings: ServiceSettings, _ engine: Engine) -> ControlAPIDependencies {
        var dependencies = ControlAPIDependencies(
            store: engine.store, queue: engine.queue, connections: engine.runtimes.map(\.info),
            access: AccessPolicy(
                operatorToken: settings.operatorToken?.reveal(), readerToken: settings.readerToken?.reveal(),
                metricsOpen: settings.metricsOpen),
            renderMetrics: { [engine] in engine.renderMetrics($0) },
            check: { [engine, caFile = settings.caFile] in await engine.check($0, caFile: caFile) },
            clock: Timestamp.wallClock, version: BuildInfo.version,
            onJobChange: { [engine] in engine.observeJobs($0) })
        dependencies.budgets = { [engine] in engine.budgets(of: $0) }
        return dependencies
    }

    private func configuration(_ listen: ListenAddress) -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration(host: listen.host, port: listen.port)
        configuration.bodyBytesMax = ControlAPI.bodyBytesMax
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
