import MicroHTTP

/// Both simulators on loopback ports, with one estate behind them.
public final class SandboxServer: Sendable {
    public let estate: Estate
    public let defender: DefenderSimulator
    public let car: CARSimulator
    public let options: SandboxOptions
    private let defenderServer: HTTPServer
    private let carServer: HTTPServer

    /// - Parameters:
    ///   - estate: `nil` generates one from the options.
    ///   - recorder: gets every request.
    public init(
        options: SandboxOptions = SandboxOptions(), estate: Estate? = nil, recorder: RequestRecorder? = nil
    ) {
        let estate =
            estate
            ?? Estate.generate(
                seed: options.seed, machines: options.machines,
                vulnerabilityRowsPerMachine: options.vulnerabilityRowsPerMachine, alerts: options.alerts)
        self.estate = estate
        self.options = options
        let defender = DefenderSimulator(estate: estate, options: options)
        let car = CARSimulator(options: options)
        self.defender = defender
        self.car = car
        let prepared = options.prepared ? PreparedAnswers() : nil
        defenderServer = HTTPServer(
            configuration: Self.configuration(port: options.defenderPort, bodyBytesMax: 4 * 1024 * 1024)
        ) { request in
            recorder?.record(request, service: "defender")
            return try prepared?.answer(request, made: defender.handle) ?? defender.handle(request)
        }
        carServer = HTTPServer(
            configuration: Self.configuration(port: options.carPort, bodyBytesMax: 64 * 1024 * 1024)
        ) { request in
            recorder?.record(request, service: "car")
            return try car.handle(request)
        }
    }

    private static func configuration(port: UInt16, bodyBytesMax: Int) -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration(host: "127.0.0.1", port: port)
        configuration.bodyBytesMax = bodyBytesMax
        configuration.connectionMemoryBytes = 64 * 1024
        // Longer than any timeout a client is tested with: a hanging answer must not be cut from this side first.
        configuration.deferredAnswerSeconds = 600
        configuration.idleSeconds = 900
        return configuration
    }

    /// Starts both servers.
    ///
    /// - Throws: `HTTPServerError`, which names the port that is taken; then neither runs.
    public func start() throws(HTTPServerError) {
        try defenderServer.start()
        do throws(HTTPServerError) {
            try carServer.start()
        } catch {
            defenderServer.stop(graceSeconds: 0)
            throw error
        }
    }

    /// Stops both; hanging answers are given up at once.
    public func stop() {
        defenderServer.stop(graceSeconds: 0)
        carServer.stop(graceSeconds: 0)
    }

    /// Replaces the faults of both simulators; each gets those of its endpoints.
    public func setFaults(_ faults: [Fault]) {
        defender.faults.set(faults.filter { !$0.isOfCAR })
        car.faults.set(faults.filter(\.isOfCAR))
    }

    /// `http://127.0.0.1:PORT`: base of the Defender API and of the token endpoint.
    public var defenderURL: String { "http://127.0.0.1:\(defenderServer.port)" }
    /// `http://127.0.0.1:PORT/api/car/v2`: what `CAR_SERVICE_URL` is set to.
    public var carURL: String { "http://127.0.0.1:\(carServer.port)/api/car/v2" }

    public var defenderPort: UInt16 { defenderServer.port }
    public var carPort: UInt16 { carServer.port }

    /// What the estate demands of CAR.
    public func expectedGraph() -> GraphImage {
        ExpectedGraph.compute(estate)
    }

    /// Where CAR's graph departs from what the estate demands; empty when the import was right.
    public func differences(
        source: String, alerts: Bool = true, vulnerabilities: Bool = true, allowsLooseVertices: Bool = false,
        softwareWithoutCVE: Bool = true
    ) -> [String] {
        let expected = ExpectedGraph.compute(
            estate, alerts: alerts, vulnerabilities: vulnerabilities, softwareWithoutCVE: softwareWithoutCVE)
        return car.graph(source: source).differences(from: expected, allowsLooseVertices: allowsLooseVertices)
    }
}
