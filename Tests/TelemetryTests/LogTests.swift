import Foundation
import Logging
import Testing
import Threading

@testable import Telemetry

@Suite struct `The log` {
    private final class Lines: Sendable {
        private let lines = Locked<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        var sink: LogSink {
            LogSink { [self] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        }
    }

    private func logger(_ lines: Lines, _ format: LogFormat) -> Logger {
        Logger(label: "jobs") { label in
            ServiceLogHandler(
                label: label, format: format, level: .debug, sink: lines.sink, metadataProvider: nil,
                clock: { (1_795_468_509, 483_999_999) })
        }
    }

    @Test func `is one JSON object a line`() {
        let lines = Lines()
        var logger = logger(lines, .json)
        logger[metadataKey: "job"] = "01JD"
        logger.info(
            "job finished",
            metadata: ["connection": "default", "counts": ["a": "1"], "list": ["x", "y"], "level": "mine"])
        #expect(
            lines.all == [
                #"{"ts":"2026-11-23T21:15:09.483Z","level":"info","logger":"jobs","message":"job finished","#
                    + #""connection":"default","counts":{"a":"1"},"job":"01JD","metadata.level":"mine","#
                    + #""list":["x","y"]}"# + "\n"
            ])
    }

    @Test func `is plain text for people`() {
        let lines = Lines()
        logger(lines, .text).warning("CAR is slow", metadata: ["connection": "my tenant", "seconds": "12"])
        #expect(
            lines.all == [
                "2026-11-23T21:15:09.483Z warning jobs: CAR is slow connection=\"my tenant\" seconds=12\n"
            ])
    }

    @Test(arguments: LogFormat.allCases)
    func `stays one line of harmless characters whatever it is given`(format: LogFormat) throws {
        let hostile = "a\n{\"level\":\"error\"}\r\u{1b}[2J\u{0}\u{85}\u{2028}\u{202e}\u{feff}\u{9b}\"\\end"
        let lines = Lines()
        logger(lines, format).error("\(hostile)", metadata: ["\(hostile)": "\(hostile)", "n": ["\(hostile)": "x"]])
        let line = try #require(lines.all.first)
        #expect(line.hasSuffix("\n"))
        #expect(!line.dropLast().unicodeScalars.contains { LogText.isUnsafe($0) })
        if format == .json {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["message"] as? String == hostile)
            #expect(object?[hostile] as? String == hostile)
        }
    }

    @Test func `bounds every value, and cuts between characters`() throws {
        let lines = Lines()
        logger(lines, .json).info(
            "x\(String(repeating: "é", count: 100_000))", metadata: ["k": "\(String(repeating: "v", count: 9999))"])
        let object = try JSONSerialization.jsonObject(with: Data(lines.all[0].utf8)) as? [String: Any]
        let message = try #require(object?["message"] as? String)
        #expect(message.hasPrefix("xé") && message.hasSuffix("é…"))
        #expect(message.utf8.count <= LogText.valueBytesMax)
        #expect((object?["k"] as? String)?.utf8.count == LogText.valueBytesMax)
    }

    @Test func `bounds entries and nesting`() {
        let lines = Lines()
        var nested: Logger.MetadataValue = "deep"
        for _ in 0..<100 { nested = ["n": nested] }
        var metadata: Logger.Metadata = ["deep": nested]
        for number in 0..<1000 { metadata["k\(number)"] = "v" }
        logger(lines, .json).info("x", metadata: metadata)
        #expect(lines.all[0].components(separatedBy: "\":").count < 80)
        #expect(!lines.all[0].contains("\"deep\"}"))
    }

    @Test(arguments: LogFormat.allCases)
    func `never holds what is named like a credential`(format: LogFormat) {
        let lines = Lines()
        logger(lines, format).info(
            "x", metadata: ["Authorization": "hunter2", "client_secret": "hunter2", "car": ["password": "hunter2"]])
        #expect(!lines.all[0].contains("hunter2"))
        #expect(lines.all[0].contains("<redacted>"))
    }

    @Test func `levels belong to each logger`() {
        let lines = Lines()
        var quiet = logger(lines, .text)
        let loud = quiet
        quiet.logLevel = .error
        quiet.info("not this")
        loud.info("this")
        #expect(lines.all.count == 1)
    }
}
