import Foundation
import Threading

/// A run of the built program. Its output goes to files, so that nothing blocks and everything can be searched.
final class ServiceProcess: Sendable {
    struct Exit: Sendable, Equatable {
        /// The exit code; `nil` where a signal ended it.
        var code: Int32?
        var signal: Int32?
    }

    private let process: Process
    private let ended: Locked<Exit?>
    private let outputFile: URL
    private let errorFile: URL

    /// - Parameters:
    ///   - program: another one than the built program.
    ///   - environment: the whole of it.
    ///   - directory: where the captured output is kept.
    init(_ arguments: [String], program: URL? = nil, environment: [String: String], directory: URL) throws {
        let name = UUID().uuidString
        outputFile = directory.appendingPathComponent("\(name).stdout")
        errorFile = directory.appendingPathComponent("\(name).stderr")
        try Data().write(to: outputFile)
        try Data().write(to: errorFile)
        let ended = Locked<Exit?>(nil)
        self.ended = ended
        process = Process()
        process.executableURL = try program ?? ProgramFile.url
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        process.terminationHandler = { process in
            let status = process.terminationStatus
            let isSignal = process.terminationReason == .uncaughtSignal
            ended.withLock { $0 = isSignal ? Exit(signal: status) : Exit(code: status) }
        }
        try process.run()
    }

    var standardOutput: String { text(outputFile) }
    var standardError: String { text(errorFile) }
    var processIdentifier: Int32 { process.processIdentifier }
    var exit: Exit? { ended.withLock { $0 } }

    /// What a sanitizer in the program has found; one that only warns changes no exit code before the end.
    var sanitizerReport: String? {
        let error = standardError
        let start = ["ThreadSanitizer: ", "AddressSanitizer: ", "LeakSanitizer: "].lazy
            .compactMap { error.range(of: $0)?.lowerBound }.first
        return start.map { String(error[$0...].prefix(4000)) }
    }

    private func text(_ file: URL) -> String {
        String(decoding: FileManager.default.contents(atPath: file.path) ?? Data(), as: UTF8.self)
    }

    /// `http://HOST:PORT`, once the program says that it accepts requests.
    func url(within limit: Duration = .seconds(30)) async throws -> String {
        try await poll("the line that says where it listens", within: limit) {
            if let exit { throw DeadlinePassed(description: "ended before it listened, \(exit): \(standardError)") }
            let lines = standardOutput.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return lines.first { $0.hasPrefix("listening on ") }.map { String($0.dropFirst("listening on ".count)) }
        }
    }

    /// SIGTERM.
    func terminate() {
        signal(SIGTERM)
    }

    /// SIGKILL.
    func kill() {
        signal(SIGKILL)
    }

    private func signal(_ number: Int32) {
        guard exit == nil else { return }
        _ = Foundation.kill(process.processIdentifier, number)
    }

    @discardableResult
    func waitForExit(within limit: Duration = .seconds(30)) async throws -> Exit {
        try await poll("the end of the process", within: limit) { exit }
    }
}

/// Where the built program is: beside the test bundle.
enum ProgramFile {
    static var url: URL {
        get throws {
            if let path = ProcessInfo.processInfo.environment["DEFENDER_CAR_PROGRAM"] {
                return URL(fileURLWithPath: path)
            }
            let bundles = [URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(), Bundle.main.bundleURL]
            let candidates = bundles.map { $0.deletingLastPathComponent().appendingPathComponent("defender-car") }
            guard let url = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
                throw DeadlinePassed(description: "no program at \(candidates.map(\.path)): build it first")
            }
            return url
        }
    }
}
