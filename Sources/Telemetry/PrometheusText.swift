/// Renders metrics as text. Pure: the same families give the same text.
public enum PrometheusText {
    public enum Format: Sendable, Equatable, CaseIterable {
        /// Prometheus text format 0.0.4.
        case prometheus
        /// OpenMetrics 1.0.
        case openMetrics

        public var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    public static func render(_ families: [MetricFamily], as format: Format) -> String {
        var text = ""
        for family in families { append(family, as: format, to: &text) }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private static func append(_ family: MetricFamily, as format: Format, to text: inout String) {
        // OpenMetrics names the family of a counter without the suffix that its samples carry.
        var name = family.name
        if format == .openMetrics, family.kind == .counter, name.hasSuffix("_total") { name.removeLast(6) }
        if !family.help.isEmpty { text += "# HELP \(name) \(escapedHelp(family.help, as: format))\n" }
        text += "# TYPE \(name) \(family.kind.rawValue)\n"
        if format == .openMetrics, let unit = unit(of: name) { text += "# UNIT \(name) \(unit)\n" }
        for sample in family.samples {
            switch sample.value {
            case .number(let value):
                text += "\(family.name)\(labels(sample.labels)) \(number(value))\n"
            case .histogram(let histogram):
                append(histogram, of: family.name, sample.labels, as: format, to: &text)
            }
        }
    }

    /// The base unit that a name ends with; OpenMetrics wants it said.
    private static func unit(of name: String) -> String? {
        ["seconds", "bytes"].first { name.hasSuffix("_" + $0) }
    }

    private static func append(
        _ histogram: HistogramValue, of name: String, _ own: [MetricFamily.Label], as format: Format,
        to text: inout String
    ) {
        var cumulated: UInt64 = 0
        for (position, count) in histogram.counts.enumerated() {
            cumulated += count
            let bound = position < histogram.bounds.count ? histogram.bounds[position] : .infinity
            let label = MetricFamily.Label("le", format == .openMetrics ? float(bound) : number(bound))
            text += "\(name)_bucket\(labels(own + [label])) \(cumulated)\n"
        }
        text += "\(name)_sum\(labels(own)) \(number(histogram.sum))\n"
        text += "\(name)_count\(labels(own)) \(cumulated)\n"
    }

    private static func labels(_ labels: [MetricFamily.Label]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escapedValue($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escapedValue(_ value: String) -> String {
        escaped(value, quotes: true)
    }

    private static func escapedHelp(_ help: String, as format: Format) -> String {
        escaped(help, quotes: format == .openMetrics)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        // Nearly no text needs it, and a scrape has thousands.
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a fraction, as counters and counts are usually read.
    static func number(_ value: Double) -> String {
        if value.isFinite, value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return float(value)
    }

    private static func float(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return "\(value)"
    }
}
