import ConnectorCore
import Foundation
import Logging
import OutboundHTTP
import Testing
import Threading

@testable import CARImporter
@testable import ControlAPI
@testable import DefenderFetcher
@testable import Telemetry

extension `End to end` {
    /// Each place that a text from outside comes to, with each text that would break a careless one. `HostileNames` sends such
    /// names through a whole import.
    @Suite struct `A hostile text` {
        struct Hostile: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var text: String
        }

        static let texts = [
            Hostile(testDescription: "quotes", text: "a\"b'c`d\\\"e"),
            Hostile(testDescription: "line breaks", text: "a\nb\r\nc"),
            Hostile(testDescription: "other line breaks", text: "a\u{85}b\u{2028}c\u{2029}d\u{0B}e"),
            Hostile(testDescription: "end of a script", text: "</script><script>alert(1)</script><!--"),
            Hostile(testDescription: "an encoded NUL", text: "%00%0a%2e%2e/../?a=b#c&d"),
            Hostile(testDescription: "NUL", text: "a\0b"),
            Hostile(testDescription: "control", text: "\u{1B}[2J\u{7F}\u{9B}"),
            Hostile(testDescription: "marks of direction", text: "\u{202E}gpj.exe\u{2066}\u{200F}"),
            Hostile(testDescription: "the end of a query", text: "\") or true | take 1 //"),
            Hostile(testDescription: "10 MB", text: String(repeating: "x\"\n\u{202E}\\", count: 1_310_720)),
            Hostile(
                testDescription: "one character of 10 MB", text: "x" + String(repeating: "\u{301}", count: 5 << 20)),
        ]

        @Test(arguments: texts) func `is no machine id, and none is made of it`(hostile: Hostile) throws {
            let id = String(repeating: "0a", count: 20)
            for text in [hostile.text, hostile.text + id, id + hostile.text, String(id.dropLast()) + hostile.text] {
                #expect(MachineID(text) == nil)
            }
            let list = JSONValue.object(["value": .array([.object(["id": .string(hostile.text)])])]).bytes()
            let page = try MachinePage.decode(list, addresses: false).content
            #expect(page.records.isEmpty)
            #expect(page.skipped.map(\.reason) == ["invalid_id"])
            #expect(page.skipped.allSatisfy { ($0.id ?? "").utf8.count <= 400 })
        }

        @Test(arguments: texts) func `reaches no hunting query`(hostile: Hostile) {
            #expect(!HuntingQuery.isPlainCVE(hostile.text))
            #expect(!HuntingQuery.isPlainCVE("CVE-2026-1\(hostile.text)"))
        }

        @Test(arguments: texts) func `is one value in a URL of CAR`(hostile: Hostile) {
            let encoded = URLEncoding.encode(hostile.text)
            #expect(encoded.utf8.allSatisfy { $0 == UInt8(ascii: "%") || URLEncoding.isUnreserved($0) })
            #expect(encoded.removingPercentEncoding.map { Array($0.utf8) } == Array(hostile.text.utf8))
            let lists = IDLists.urls(prefix: "http://car/source/x/asset?external_ids=", ids: ["a", hostile.text, "b"])
            #expect(lists.flatMap(\.ids).filter { $0 != "a" && $0 != "b" } == [hostile.text])
        }

        @Test(arguments: texts) func `is one string in a document for CAR`(hostile: Hostile) throws {
            var document = JSONBytes()
            document.raw("{\"name\":")
            document.string(hostile.text)
            document.raw("}")
            let read = try JSONDecoder().decode([String: String].self, from: Data(document.bytes))
            #expect(read["name"].map { Array($0.utf8) } == Array(hostile.text.utf8))
        }

        @Test(arguments: texts) func `is one string in an answer, and harmless in a page`(hostile: Hostile) throws {
            let answer = JSONValue.object(["name": .string(hostile.text)]).bytes()
            let read = try JSONDecoder().decode([String: String].self, from: Data(answer))
            #expect(read["name"].map { Array($0.utf8) } == Array(hostile.text.utf8))
            #expect(!answer.contains { $0 < 0x20 || $0 == UInt8(ascii: "<") })
            // Of an event stream a line break would begin another event.
            let report = ReportMarkdown.escaped(hostile.text)
            #expect(!report.unicodeScalars.contains { $0 == "<" || $0 == ">" || LogText.isUnsafe($0) })
        }

        @Test(arguments: texts, LogFormat.allCases)
        func `is a part of one short log line`(hostile: Hostile, format: LogFormat) {
            let lines = Locked<[[UInt8]]>([])
            let logger = Logger(label: "jobs") { label in
                ServiceLogHandler(
                    label: label, format: format, level: .debug,
                    sink: LogSink { line in lines.withLock { $0.append(line) } },
                    metadataProvider: nil, clock: { (1_795_468_509, 0) })
            }
            logger.error("\(hostile.text)", metadata: ["name": "\(hostile.text)", "\(hostile.text)": "x"])
            let written = lines.withLock { $0 }
            #expect(written.count == 1)
            for line in written {
                #expect(line.count < 64 << 10 && line.last == 0x0A)
                #expect(
                    !String(decoding: line.dropLast(), as: UTF8.self).unicodeScalars.contains(where: LogText.isUnsafe))
            }
        }

        @Test(arguments: texts) func `is one short label of a metric`(hostile: Hostile) throws {
            let registry = MetricRegistry(declaring: [.init("x_total", .counter, help: "X.", labels: [.init("name")])])
            registry.add(to: "x_total", ["name": hostile.text])
            for format in [PrometheusText.Format.prometheus, .openMetrics] {
                let text = PrometheusText.render(registry.snapshot(), as: format)
                let samples = text.split(separator: "\n").filter { $0.hasPrefix("x_total") }
                #expect(samples.count == 1)
                let sample = try #require(samples.first)
                #expect(sample.utf8.count < 1200)
                // Quotation marks inside are escaped, so the first bare one ends the value.
                let value = sample.utf8.dropFirst("x_total{name=\"".utf8.count)
                var isEscaped = false
                let end = value.firstIndex { byte in
                    defer { isEscaped = !isEscaped && byte == UInt8(ascii: "\\") }
                    return byte == UInt8(ascii: "\"") && !isEscaped
                }
                #expect(end.map { String(sample[$0...]) } == "\"} 1")
            }
        }
    }
}
