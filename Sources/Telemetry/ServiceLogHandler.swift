import Glibc
import Logging

/// Writes log messages as JSON lines or plain text.
///
/// - Every value is at most 4 KiB long and free of line ends and control characters, whatever it was made of.
/// - At most `metadataMax` metadata entries are written, nested ones at most `depthMax` deep.
/// - The value of an entry whose name speaks of a credential is not written. Secrets print `<redacted>` by themselves;
///   this catches what was meant to be one and is not.
public struct ServiceLogHandler: LogHandler {
    static let metadataMax = 64
    static let depthMax = 4

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let sink: LogSink
    /// Seconds and nanoseconds since 1970.
    private let clock: @Sendable () -> (Int, Int)

    public init(
        label: String, format: LogFormat, level: Logger.Level = .info, sink: LogSink = .standardError,
        metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.init(
            label: label, format: format, level: level, sink: sink, metadataProvider: metadataProvider,
            clock: Self.wallClock)
    }

    init(
        label: String, format: LogFormat, level: Logger.Level, sink: LogSink,
        metadataProvider: Logger.MetadataProvider?, clock: @escaping @Sendable () -> (Int, Int)
    ) {
        self.label = label
        self.format = format
        logLevel = level
        self.sink = sink
        self.metadataProvider = metadataProvider
        self.clock = clock
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error { all["error"] = .string("\(error)") }
        let entries = all.sorted { $0.key < $1.key }.prefix(Self.metadataMax)
        var line = ""
        switch format {
        case .json: appendJSON(event, entries, to: &line)
        case .text: appendText(event, entries, to: &line)
        }
        line += "\n"
        sink(Array(line.utf8))
    }

    private func appendJSON(
        _ event: LogEvent, _ entries: ArraySlice<(key: String, value: Logger.MetadataValue)>, to line: inout String
    ) {
        line += "{\"ts\":\"\(timestamp())\",\"level\":\"\(event.level.rawValue)\",\"logger\":"
        LogText.appendJSON(label, to: &line)
        line += ",\"message\":"
        LogText.appendJSON(event.message.description, to: &line)
        for (key, value) in entries {
            line += ","
            LogText.appendJSON(Self.reserved.contains(key) ? "metadata." + key : key, to: &line)
            line += ":"
            appendJSON(Self.isSensitive(key) ? "<redacted>" : value, depth: 1, to: &line)
        }
        line += "}"
    }

    private func appendJSON(_ value: Logger.MetadataValue, depth: Int, to line: inout String) {
        switch value {
        case .string(let text): LogText.appendJSON(text, to: &line)
        case .stringConvertible(let value): LogText.appendJSON(value.description, to: &line)
        case .array, .dictionary:
            guard depth < Self.depthMax else { return line += "\"…\"" }
            appendNested(value, depth: depth, to: &line)
        }
    }

    private func appendNested(_ value: Logger.MetadataValue, depth: Int, to line: inout String) {
        if case .array(let values) = value {
            line += "["
            for (position, value) in values.prefix(Self.metadataMax).enumerated() {
                if position > 0 { line += "," }
                appendJSON(value, depth: depth + 1, to: &line)
            }
            line += "]"
        } else if case .dictionary(let entries) = value {
            line += "{"
            let sorted = entries.sorted { $0.key < $1.key }.prefix(Self.metadataMax)
            for (position, (key, value)) in sorted.enumerated() {
                if position > 0 { line += "," }
                LogText.appendJSON(key, to: &line)
                line += ":"
                appendJSON(Self.isSensitive(key) ? "<redacted>" : value, depth: depth + 1, to: &line)
            }
            line += "}"
        }
    }

    private func appendText(
        _ event: LogEvent, _ entries: ArraySlice<(key: String, value: Logger.MetadataValue)>, to line: inout String
    ) {
        line += "\(timestamp()) \(event.level.rawValue) "
        LogText.appendPlain(label, isMessage: false, to: &line)
        line += ": "
        LogText.appendPlain(event.message.description, isMessage: true, to: &line)
        for (key, value) in entries {
            line += " "
            LogText.appendPlain(key, isMessage: false, to: &line)
            line += "="
            switch value {
            case _ where Self.isSensitive(key): line += "<redacted>"
            case .string(let text): LogText.appendPlain(text, isMessage: false, to: &line)
            case .stringConvertible(let value): LogText.appendPlain(value.description, isMessage: false, to: &line)
            case .array, .dictionary: appendJSON(value, depth: 1, to: &line)
            }
        }
    }

    private static let reserved: Set = ["ts", "level", "logger", "message"]

    static func isSensitive(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["password", "secret", "token", "authorization", "apikey", "api_key"].contains { key.hasSuffix($0) }
    }

    private func timestamp() -> String {
        let (seconds, nanoseconds) = clock()
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date = "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1, 2))-\(pad(parts.tm_mday, 2))"
        let day = "\(pad(parts.tm_hour, 2)):\(pad(parts.tm_min, 2)):\(pad(parts.tm_sec, 2))"
        return "\(date)T\(day).\(pad(Int32(nanoseconds / 1_000_000), 3))Z"
    }

    private func pad(_ value: Int32, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static let wallClock: @Sendable () -> (Int, Int) = {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return (now.tv_sec, now.tv_nsec)
    }
}
