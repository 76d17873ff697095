import ArgumentParser
import ConnectorCore
import Foundation
import Logging
import OutboundHTTP
import Sandbox
import ServiceLifecycle
import Telemetry
import UnixSignals

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the service at work: simulators, an initial import, an incremental run.",
        discussion: """
            Everything is real but the two remote ends: sockets, the control API, the job queue, the database (in a \
            temporary folder). What arrived in CAR is compared with what the estate demands, computed independently. \
            Ends with code 0 where both agree.
            """)

    @OptionGroup var estate: EstateOptions

    @Flag(help: "Keep the service and the simulators running afterwards, to look around.")
    var keep = false

    @Option(help: .init("Address of the control API.", valueName: "host:port"))
    var listen = "127.0.0.1:0"

    func run() async throws {
        LoggingSystem.bootstrap { ServiceLogHandler(label: $0, format: .text, level: .warning) }
        let sandbox = SandboxServer(options: estate.sandboxOptions)
        try sandbox.start()
        defer { sandbox.stop() }
        let state = FileManager.default.temporaryDirectory.appendingPathComponent("defender-car-demo-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: state) }  // a leftover in the temporary folder harms nobody
        var environment = sandbox.settings
        environment["STATE_DIR"] = state
        environment["HTTP_LISTEN"] = listen
        let settings = try SettingsCommand.read(config: nil, environment: environment)
        try await DemoRun(sandbox: sandbox, settings: settings, machines: estate.machines, keep: keep).run()
    }
}

/// The demonstration itself, driven over the control API like any orchestration.
private struct DemoRun {
    let sandbox: SandboxServer
    let settings: Settings
    let machines: Int
    let keep: Bool
    private let console = DemoConsole()

    init(sandbox: SandboxServer, settings: Settings, machines: Int, keep: Bool) {
        self.sandbox = sandbox
        self.settings = settings
        self.machines = machines
        self.keep = keep
    }

    func run() async throws {
        let logger = Logger(label: "defender-car")
        let engine = try Engine(settings, logger: logger)
        defer { engine.shutdown() }
        let server = ControlServer(settings: settings.service, engine: engine, logger: logger)
        let running = try server.start()
        defer { running.stop() }
        let queue = Task { try await QueueService(queue: engine.queue).run() }
        defer { queue.cancel() }
        console.say("Simulators: Defender \(sandbox.defenderURL), CAR \(sandbox.carURL)")
        console.say("Service:    \(running.url)\n")
        let client = DemoClient(base: running.url)
        defer { client.shutdown() }
        let isRight = try await demonstrate(with: client)
        if keep {
            try await waitForEnd(running.url)
        } else {
            console.say("\nTo look around with curl and a browser, keep it running: --keep")
        }
        await engine.queue.drain(deadlineSeconds: QueueService.drainSeconds)
        guard isRight else { throw ExitCode(1) }
    }

    private func demonstrate(with client: DemoClient) async throws -> Bool {
        let source = settings.connections[0].name
        console.say("POST /v1/imports/initial")
        try await finish(client.start(.initial), with: client)
        console.table(sandbox.car.graph(source: source))
        var isRight = console.verdict(sandbox.differences(source: source, allowsLooseVertices: true))
        guard machines > 0 else { return isRight }
        sandbox.estate.live(machines: 12, seconds: 8 * 3600)
        console.say("\nA working day passes: machines report, users change, an alert is resolved, software is updated.")
        console.say("POST /v1/imports/incremental")
        try await finish(client.start(.incremental), with: client)
        isRight = console.verdict(sandbox.differences(source: source, allowsLooseVertices: true)) && isRight
        return isRight
    }

    private func finish(_ id: String, with client: DemoClient) async throws {
        let started = ContinuousClock.now
        while true {
            let job = try await client.job(id)
            console.progress(job)
            if job.isEnded {
                let seconds = (ContinuousClock.now - started) / .seconds(1)
                try console.ended(job, seconds: seconds)
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func waitForEnd(_ url: String) async throws {
        console.say(
            "\nStill running. Try:\n  curl \(url)/v1/jobs\n  curl \(url)/metrics\n  a browser at \(url)/\nCtrl-C ends it."
        )
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
    }
}
