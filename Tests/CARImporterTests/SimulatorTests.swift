import CARImporter
import ConnectorCore
import MicroHTTP
import OutboundHTTP
import Sandbox
import Testing

@Suite struct `Against the CAR simulator` {
    private static let vertices = GraphObjects(vertices: Samples.vertices)
    private static let edges = GraphObjects(edges: Samples.edges)

    private func withSimulator(
        options change: (inout SandboxOptions) -> Void = { _ in }, faults: [Fault] = [],
        configure: (inout CARSettings) -> Void = { _ in }, body: (CARClient, CARSimulator) async throws -> Void
    ) async throws {
        var options = SandboxOptions()
        change(&options)
        options.machines = 1
        options.alerts = 0
        let server = SandboxServer(options: options)
        server.car.faults.set(faults)
        try server.start()
        defer { server.stop() }
        var settings = try CARSettings(
            baseURL: server.carURL, authorization: .token(Secret(options.carToken)), source: "Defender")
        settings.retry = RetryPolicy(attemptsMax: 8, baseSeconds: 0.01, capSeconds: 0.1, deadlineSeconds: 120)
        settings.importPolling = PollPauses(firstSeconds: 0.005, capSeconds: 0.05)
        settings.jobPolling = PollPauses(firstSeconds: 0.005, capSeconds: 0.05)
        settings.importDeadlineSeconds = 120
        configure(&settings)
        let client = CARClient(settings: settings)
        defer { client.shutdown() }
        try await body(client, server.car)
    }

    /// The steps of an initial import.
    private func initialImport(_ client: CARClient) async throws {
        try await client.waitForJob(client.requestFullImportStart())
        try await client.importObjects(GraphObjects(), report: Samples.run)
        try await client.importObjects(Self.vertices, report: Samples.run)
        try await client.importObjects(Self.edges, report: Samples.run)
        try await client.waitForJob(client.requestFullImportEnd())
        try await client.saveModelStateID(Samples.run.key)
    }

    @Test(.timeLimit(.minutes(5))) func `a whole run arrives and can be patched and deleted`() async throws {
        try await withSimulator(options: { $0.carDatabase = .notSetUp }) { client, simulator in
            let created = try await client.prepareDatabase {}
            let again = try await client.prepareDatabase {}
            #expect(created)
            #expect(!again)
            let before = try await client.modelStateID()
            #expect(before == nil)
            try await initialImport(client)
            let after = try await client.modelStateID()
            #expect(after == Samples.run.key)

            let graph = simulator.graph(source: "Defender")
            #expect(graph.vertexCount == Samples.vertices.count)
            #expect(graph.edgeCount == Samples.edges.count)
            #expect(simulator.counters.dangling == 0)
            #expect(simulator.counters.importsRefused == 0)

            for edge in Samples.edges {
                let touched = try await client.touch(edge, lastModified: Timestamp(milliseconds: 1_795_468_300_000))
                let disabled = try await client.disable(edge)
                #expect(touched && disabled)
            }
            let missing = try await client.disable(Edge(.assetHostname, from: "nobody", to: "nowhere"))
            #expect(!missing)
            #expect(simulator.graph(source: "Defender").edgeCount == 0)

            for collection in VertexCollection.allCases {
                let keys = Samples.vertices.filter { $0.id.collection == collection }.map(\.id.key)
                try await client.delete(collection, keys: keys)
            }
            #expect(simulator.graph(source: "Defender").vertexCount == 0)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            .status(500), .status(503), .status(429), .throttle(retryAfterSeconds: nil), .resetBefore, .resetAfter,
            .truncate, .delay(milliseconds: 20),
        ] as [Fault.Kind]) func `passing faults of an import cost repetitions only`(kind: Fault.Kind) async throws
    {
        try await withSimulator(faults: [Fault("car.imports", kind, count: 3)]) { client, simulator in
            try await initialImport(client)
            #expect(simulator.graph(source: "Defender").vertexCount == Samples.vertices.count)
            #expect(simulator.graph(source: "Defender").edgeCount == Samples.edges.count)
            #expect(simulator.counters.dangling == 0)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            .status(500), .status(401), .status(403), .html(status: 200), .html(status: 302), .wrongJSON, .wrongShape,
            .empty, .statusWithoutLists, .resetBefore, .truncate,
        ] as [Fault.Kind]) func `faults of the status never confirm anything`(kind: Fault.Kind) async throws
    {
        try await withSimulator(
            options: { $0.carDelayMillisecondsMaximum = 40 },
            faults: [Fault("car.importstatus", kind, count: 3), Fault("car.jobstatus", kind, count: 3)]
        ) { client, simulator in
            try await initialImport(client)
            #expect(simulator.counters.dangling == 0)
            #expect(simulator.counters.sessionsLeftEarly == 0)
            #expect(simulator.graph(source: "Defender").edgeCount == Samples.edges.count)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `an import that CAR forgets fails at its deadline`() async throws {
        try await withSimulator(
            faults: [Fault("car.imports", .importHangs)], configure: { $0.importDeadlineSeconds = 0.3 }
        ) { client, _ in
            let error = await carError { try await client.importObjects(Self.vertices, report: Samples.run) }
            #expect(error?.reason == .unconfirmed(imports: 1))
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [(500, 10), (422, 20)])
    func `an import that CAR can't apply fails by its status`(status: Int, code: Int) async throws {
        try await withSimulator(faults: [Fault("car.imports", .importFails(statusCode: status))]) { client, _ in
            let error = await carError { try await client.importObjects(Self.vertices, report: Samples.run) }
            #expect(error?.reason == .importFailed(statusCode: status))
            #expect(error?.jobFailure.code == code)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `a job that fails is a recoverable failure`() async throws {
        try await withSimulator(faults: [Fault("car.session.enter", .jobFails)]) { client, _ in
            let error = await carError { try await initialImport(client) }
            #expect(error?.reason == .jobFailed)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `is never given more unfinished imports than it allows`() async throws {
        try await withSimulator(
            options: { $0.carDelayMillisecondsMaximum = 30 }, configure: { $0.objectsPerEnvelopeMax = 5 }
        ) { client, simulator in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<5 {
                    group.addTask {
                        let assets = (0..<200).map { Vertex(.asset, "asset-\(caller)-\($0)") }
                        return try await client.importObjects(GraphObjects(vertices: assets), report: Samples.run)
                    }
                }
                let confirmed = try await group.reduce(0, +)
                #expect(confirmed == 1000)
            }
            #expect(simulator.counters.importsThrottled == 0)
            #expect(simulator.counters.unfinishedPeak <= 20)
            #expect(simulator.counters.imports == 200)
            #expect(simulator.graph(source: "Defender").vertexCount == 1000)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `refuses wrong credentials with a hint`() async throws {
        let server = SandboxServer()
        try server.start()
        defer { server.stop() }
        let settings = try CARSettings(
            baseURL: server.carURL, authorization: .token(Secret("wrong")), source: "Defender")
        let error = await carError { _ = try await CARClient(settings: settings).prepareDatabase {} }
        #expect(error?.reason == .rejected(status: 401))
        #expect(error?.description.contains("CAR_SERVICE_AUTHTOKEN") == true)
    }
}
