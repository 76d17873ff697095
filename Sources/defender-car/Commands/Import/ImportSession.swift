import ConnectorCore
import Foundation
import Logging
import OutboundHTTP
import Store
import Threading
import UnixSignals

/// Gets one import done: by this process if the state directory is free, by the service that holds it, or after another
/// command that holds it.
struct ImportSession: Sendable {
    private static let pause = Duration.milliseconds(300)
    /// The code for what may go better the next time.
    private static let busyCode: Int32 = 10

    let settings: Settings
    let request: ImportRequest
    /// How long another command may hold the state directory.
    let wait: Duration
    /// Of the service, where the caller knows better than `service.url`.
    let serviceURL: String?
    /// Flags of the command line that a service does not take over.
    let ownFlags: [String]
    let logger: Logger
    private let console = JobConsole()
    private let opener = SerialWorker(label: "defender-car.open")

    init(
        settings: Settings, request: ImportRequest, wait: Duration, serviceURL: String?, ownFlags: [String],
        logger: Logger
    ) {
        self.settings = settings
        self.request = request
        self.wait = wait
        self.serviceURL = serviceURL
        self.ownFlags = ownFlags
        self.logger = logger
    }

    /// - Returns: the exit code; 128 and the signal's number where one ended it.
    func run() async -> Int32 {
        await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await importing() }
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                    return signal == .sigint ? 130 : 143
                }
                return nil
            }
            var code: Int32?
            while code == nil, let next = await group.next() { code = next }
            group.cancelAll()
            // An import of this process is put back into the queue first.
            await group.waitForAll()
            return code ?? 1
        }
    }

    /// - Returns: `nil` when cancelled.
    private func importing() async -> Int32? {
        do {
            return try await attempts()
        } catch is CancellationError {
            return nil
        } catch let refused as HandOver.Refused {
            console.tell("defender-car can't import: \(refused)")
            return refused.code
        } catch {
            console.tell("defender-car can't import: \(error)")
            return 1
        }
    }

    private func attempts() async throws -> Int32 {
        let deadline = ContinuousClock.now + wait
        let address = ServiceAddressFile(stateDirectory: settings.service.stateDirectory)
        var hasTold = false
        while true {
            do {
                let engine = try await opener.run { [settings, logger] in
                    try Engine(settings, logger: logger, followsSchedule: false)
                }
                defer { engine.shutdown() }
                // Only a killed service leaves one.
                address.remove()
                return try await CommandRun(engine: engine, console: console).run(request)
            } catch StoreError.inUse(_, let pid) {
                var holder = "another command\(pid.map { " (process \($0))" } ?? "") uses the state directory."
                if let url = address.read().map({ serviceURL ?? $0 }) {
                    switch try await handOver(to: url) {
                    case .ended(let code): return code
                    case .gone(let reason): holder = "the service at \(url) takes no import now: \(reason)."
                    }
                }
                guard ContinuousClock.now < deadline else {
                    console.tell("defender-car can't import: \(holder)")
                    return Self.busyCode
                }
                if !hasTold {
                    let limit = JobLine.duration(Int(wait.components.seconds))
                    console.tell("defender-car waits up to \(limit): \(holder)")
                }
                hasTold = true
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func handOver(to url: String) async throws -> HandOver.Outcome {
        let service = settings.service
        if service.tlsClientAuthorities != nil {
            throw HandOver.Refused(
                description: "The service at \(url) uses the state directory and demands client certificates "
                    + "(TLS_CLIENT_CA), which this command has none of: trigger the import over its API.")
        }
        let handOver = HandOver(
            url: url, token: service.operatorToken ?? service.readerToken,
            caFile: service.tlsCertificate ?? service.caFile, ownFlags: ownFlags, console: console)
        return try await handOver.run(request)
    }
}
