import ArgumentParser
import Foundation
import MicroHTTP
import Sandbox
import ServiceLifecycle
import UnixSignals

struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run simulators of Microsoft's login, Defender and CAR on loopback.",
        discussion: """
            They are as strict as the real services, so what works here has been checked for types, patterns, limits \
            and order. Prints the settings with which "defender-car serve" uses them, then serves until it is ended.
            """)

    @OptionGroup var estate: EstateOptions

    @Option(help: .init("Port of the Defender simulator; 0 = any.", valueName: "port"))
    var defenderPort: UInt16 = 8091

    @Option(help: .init("Port of the CAR simulator; 0 = any.", valueName: "port"))
    var carPort: UInt16 = 8092

    @Option(help: .init("The most elements on a page of machines or alerts.", valueName: "count"))
    var pageMaximum = 10_000

    @Option(help: .init("Rows at which a hunting answer is cut.", valueName: "count"))
    var huntingRowLimit = 100_000

    @Flag(help: "Count calls as Microsoft does, and answer 429 above its limits.")
    var rateLimits = false

    @Option(
        help: .init("CAR applies an import after a random time up to this.", valueName: "milliseconds"))
    var carDelay = 5

    @Flag(help: "Confirm imports without reading them: for measurements only.")
    var unchecked = false

    @Flag(help: "Give answers that were made once again, whatever has changed: for measurements only.")
    var prepared = false

    @Option(help: ArgumentHelp("Write every request to this file: for measurements only.", valueName: "file"))
    var record: String?

    @Option(
        help: .init("A YAML file of faults that the simulators show (docs/sandbox.md).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var faults: String?

    func validate() throws {
        guard pageMaximum > 0 else { throw ValidationError("--page-maximum must be at least 1") }
        guard huntingRowLimit > 0 else { throw ValidationError("--hunting-row-limit must be at least 1") }
        guard (0...600_000).contains(carDelay) else { throw ValidationError("--car-delay must be 0 to 600000") }
    }

    func run() async throws {
        var options = estate.sandboxOptions
        options.defenderPort = defenderPort
        options.carPort = carPort
        options.pageMaximum = pageMaximum
        options.huntingRowLimit = huntingRowLimit
        options.enforcesRateLimits = rateLimits
        options.carDelayMillisecondsMaximum = carDelay
        options.unchecked = unchecked
        options.prepared = prepared
        let sandbox = SandboxServer(options: options, recorder: try record.map(Self.recorder))
        if let faults {
            do {
                sandbox.setFaults(try FaultFile.read(faults))
            } catch {
                StandardStreams.error("the sandbox can't start: \(error)\n")
                throw ExitCode(2)
            }
        }
        do {
            try sandbox.start()
        } catch {
            StandardStreams.error("the sandbox can't start: \(error)\n")
            throw ExitCode(1)
        }
        for (name, value) in sandbox.settings.sorted(by: { $0.key < $1.key }) {
            StandardStreams.output("export \(name)='\(value)'\n")
        }
        StandardStreams.output("# \(estate.machines) machines; Ctrl-C ends the sandbox\n")
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        for await _ in signals { break }
        sandbox.stop()
    }

    private static func recorder(path: String) throws -> RequestRecorder {
        do {
            return try RequestRecorder(path: path)
        } catch {
            StandardStreams.error("the sandbox can't start: --record: \(path) can't be written\n")
            throw ExitCode(2)
        }
    }
}

/// What the simulated organisation has.
struct EstateOptions: ParsableArguments {
    @Option(help: .init("Machines of the estate.", valueName: "count"))
    var machines = 200

    @Option(help: .init("Vulnerability rows of an ordinary machine.", valueName: "count"))
    var rows = 25

    @Option(help: .init("Alerts of the estate.", valueName: "count"))
    var alerts = 60

    @Option(help: .init("The same seed gives the same estate.", valueName: "number"))
    var seed: UInt64 = 1

    func validate() throws {
        guard (0...1_000_000).contains(machines) else { throw ValidationError("--machines must be 0 to 1000000") }
        guard (0...10_000).contains(rows) else { throw ValidationError("--rows must be 0 to 10000") }
        guard (0...1_000_000).contains(alerts) else { throw ValidationError("--alerts must be 0 to 1000000") }
    }

    var sandboxOptions: SandboxOptions {
        var options = SandboxOptions()
        options.seed = seed
        options.machines = machines
        options.vulnerabilityRowsPerMachine = rows
        options.alerts = alerts
        return options
    }
}

extension SandboxServer {
    /// The settings with which the service uses the running simulators.
    var settings: [String: String] {
        [
            "CONFIGURATION_AUTH_TENANT": options.tenant,
            "CONFIGURATION_AUTH_CLIENTID": options.clientID,
            "CONFIGURATION_AUTH_CLIENTSECRET": options.clientSecret,
            "DEFENDER_API_URL": defenderURL,
            "DEFENDER_LOGIN_URL": defenderURL,
            "CAR_SERVICE_URL": carURL,
            "CAR_SERVICE_KEY": options.carKey,
            "CAR_SERVICE_PASSWORD": options.carPassword,
            // Simulators that don't count calls need no pauses between them.
            "DEFENDER_REQUESTS_PER_MINUTE": options.enforcesRateLimits ? "100" : "0",
            "DEFENDER_REQUESTS_PER_HOUR": options.enforcesRateLimits ? "1500" : "0",
            "DEFENDER_HUNTING_PER_MINUTE": options.enforcesRateLimits ? "45" : "0",
            "DEFENDER_HUNTING_PER_HOUR": options.enforcesRateLimits ? "1500" : "0",
            "DEFENDER_EXPORT_PER_MINUTE": options.enforcesRateLimits ? "30" : "0",
            "DEFENDER_EXPORT_PER_HOUR": options.enforcesRateLimits ? "1000" : "0",
        ]
    }
}
