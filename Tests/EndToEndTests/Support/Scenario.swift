import Foundation
import Sandbox
import Testing
import Threading

/// Both simulators in this process, a state folder, and any number of runs of the program on it.
final class Scenario: Sendable {
    static let source = "Microsoft-Windows-Defender-ATP"

    let sandbox: SandboxServer
    let directory: URL
    let environment: [String: String]
    private let processes = Locked<[ServiceProcess]>([])

    /// - Parameters:
    ///   - estate: `nil` generates one from the options.
    ///   - environment: replaces or adds to the settings that fit the sandbox; an empty value takes one away.
    init(_ options: SandboxOptions, estate: Estate? = nil, environment changes: [String: String] = [:]) throws {
        sandbox = SandboxServer(options: options, estate: estate)
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("defender-car-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try sandbox.start()
        environment = Self.settings(of: sandbox, stateDirectory: directory.appendingPathComponent("state"))
            .merging(changes) { $1 }.filter { !$0.value.isEmpty }
    }

    static func settings(of sandbox: SandboxServer, stateDirectory: URL) -> [String: String] {
        let options = sandbox.options
        return [
            "CONFIGURATION_AUTH_TENANT": options.tenant, "CONFIGURATION_AUTH_CLIENTID": options.clientID,
            "CONFIGURATION_AUTH_CLIENTSECRET": options.clientSecret, "DEFENDER_API_URL": sandbox.defenderURL,
            "DEFENDER_LOGIN_URL": sandbox.defenderURL, "CAR_SERVICE_URL": sandbox.carURL,
            "CAR_SERVICE_KEY": options.carKey, "CAR_SERVICE_PASSWORD": options.carPassword,
            "DEFENDER_REQUESTS_PER_MINUTE": "0", "DEFENDER_REQUESTS_PER_HOUR": "0",
            "DEFENDER_HUNTING_PER_MINUTE": "0", "DEFENDER_HUNTING_PER_HOUR": "0",
            "DEFENDER_EXPORT_PER_MINUTE": "0", "DEFENDER_EXPORT_PER_HOUR": "0",
            "HTTP_LISTEN": "127.0.0.1:0", "STATE_DIR": stateDirectory.path, "LOG_LEVEL": "debug",
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            // What a sanitizer in this process is told, one in the program is told too; an empty value is left out.
            "ASAN_OPTIONS": ProcessInfo.processInfo.environment["ASAN_OPTIONS"] ?? "",
            "TSAN_OPTIONS": ProcessInfo.processInfo.environment["TSAN_OPTIONS"] ?? "",
        ]
    }

    var stateDirectory: URL { directory.appendingPathComponent("state") }

    /// Starts the program; it is killed at the end of the scenario at the latest.
    func launch(
        _ arguments: [String] = ["serve"], program: URL? = nil, environment changes: [String: String] = [:]
    ) throws -> ServiceProcess {
        let environment = environment.merging(changes) { $1 }.filter { !$0.value.isEmpty }
        let process = try ServiceProcess(arguments, program: program, environment: environment, directory: directory)
        processes.withLock { $0.append(process) }
        return process
    }

    /// Runs a script of the repository with `interpreter` to its end; of the scenario's environment it gets the path.
    ///
    /// - Parameter before: arguments of the interpreter, before the script.
    func run(
        script: String, with interpreter: String, arguments before: [String] = [], _ arguments: [String] = [],
        environment: [String: String], within limit: Duration = .seconds(90)
    ) async throws -> (code: Int32?, output: String, error: String) {
        let path = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        let process = try ServiceProcess(
            before + [Repository.file(script).path] + arguments, program: URL(fileURLWithPath: interpreter),
            environment: path.merging(environment) { $1 }, directory: directory)
        processes.withLock { $0.append(process) }
        let exit = try await process.waitForExit(within: limit)
        return (exit.code, process.standardOutput, process.standardError)
    }

    /// Starts the service and waits until it accepts requests.
    func start(
        _ arguments: [String] = ["serve"], program: URL? = nil, environment changes: [String: String] = [:]
    ) async throws -> (service: ServiceProcess, client: ControlClient) {
        let service = try launch(arguments, program: program, environment: changes)
        return (service, ControlClient(base: try await service.url()))
    }

    func end() async {
        let processes = processes.withLock { $0 }
        for process in processes { process.kill() }
        // One that can't be waited for is none of ours any more.
        for process in processes { _ = try? await process.waitForExit() }
        for report in processes.compactMap(\.sanitizerReport) { Issue.record("\(report)") }
        sandbox.stop()
        // What is left over is in the system's temporary folder.
        try? FileManager.default.removeItem(at: directory)
    }

    /// Every file of the state folder and every captured output, as text.
    func everythingWritten() -> String {
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)?.allObjects ?? []
        return files.compactMap { $0 as? URL }.compactMap { FileManager.default.contents(atPath: $0.path) }
            .map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}

/// Runs `body` in a scenario and takes it down whatever happens.
func withScenario(
    _ options: SandboxOptions = .small(), environment: [String: String] = [:],
    _ body: (Scenario) async throws -> Void
) async throws {
    let scenario = try Scenario(options, environment: environment)
    do {
        try await body(scenario)
    } catch {
        await scenario.end()
        throw error
    }
    await scenario.end()
}

/// The same with the service started.
func withService(
    _ options: SandboxOptions = .small(), environment: [String: String] = [:],
    _ body: (Scenario, ControlClient) async throws -> Void
) async throws {
    try await withScenario(options, environment: environment) { scenario in
        let (_, client) = try await scenario.start()
        try await body(scenario, client)
    }
}

extension SandboxOptions {
    /// An estate with every awkward case that is imported within a second or two.
    static func small(
        machines: Int = 40, seed: UInt64 = 1, rows: Int = 10, alerts: Int = 20,
        _ change: (inout SandboxOptions) -> Void = { _ in }
    ) -> SandboxOptions {
        var options = SandboxOptions()
        options.machines = machines
        options.seed = seed
        options.vulnerabilityRowsPerMachine = rows
        options.alerts = alerts
        change(&options)
        return options
    }
}

extension Scenario {
    /// Expects that CAR shows exactly what the estate demands.
    func expectRightGraph(
        _ note: String = "", alerts: Bool = true, vulnerabilities: Bool = true, allowsLooseVertices: Bool = false,
        softwareWithoutCVE: Bool = true, at location: SourceLocation = #_sourceLocation
    ) {
        let differences = sandbox.differences(
            source: Self.source, alerts: alerts, vulnerabilities: vulnerabilities,
            allowsLooseVertices: allowsLooseVertices, softwareWithoutCVE: softwareWithoutCVE)
        #expect(differences.isEmpty, "\(note)", sourceLocation: location)
    }

    /// Requests that both simulators have got.
    var requests: Int {
        FaultPlan.endpoints.map { sandbox.defender.counters[$0].calls + sandbox.car.endpoints[$0].calls }.reduce(0, +)
    }
}

/// Expects a job that succeeded.
func expectSucceeded(
    _ job: JobAnswer, _ note: String = "", attempt: Int? = nil, effectiveKind: String? = nil,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(job.state == "succeeded", "\(note) \(job.failure?.message ?? "")", sourceLocation: location)
    if let attempt { #expect(job.attempt == attempt, "\(note)", sourceLocation: location) }
    if let effectiveKind { #expect(job.effectiveKind == effectiveKind, "\(note)", sourceLocation: location) }
}
