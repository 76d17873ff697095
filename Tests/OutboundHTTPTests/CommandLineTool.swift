import Foundation

/// Programs the tests take help from.
enum CommandLineTool {
    struct Failed: Error {
        var arguments: [String]
        var status: Int32
    }

    static func output(of name: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(arguments: [name] + arguments, status: process.terminationStatus)
        }
        return data
    }
}
