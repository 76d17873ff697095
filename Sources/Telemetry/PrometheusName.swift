/// The names Prometheus accepts for metrics and labels: letters, digits and `_`, no digit first. Colons are left to
/// recording rules.
enum PrometheusName {
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy(isAllowed)
    }

    /// `name` with every other byte replaced by `_`, at most 200 bytes long.
    static func sanitized(_ name: String) -> String {
        var bytes = name.utf8.prefix(200).map { isAllowed($0) ? $0 : UInt8(ascii: "_") }
        if bytes.first.map(isDigit) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
    }
}

/// Bucket bounds in seconds.
public enum HistogramBuckets {
    /// Calls to other services.
    public static let requests: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    /// Answers of this service.
    public static let answers: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60]
    /// Whole imports: seconds to a day.
    public static let jobs: [Double] = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]
}
