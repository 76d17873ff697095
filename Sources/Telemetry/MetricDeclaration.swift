/// What a metric is, said before its first value: name, type, help text and labels.
public struct MetricDeclaration: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case counter
        case gauge
        /// Upper bounds of the buckets, ascending, without infinity.
        case histogram(buckets: [Double])
    }

    public struct Label: Sendable, Equatable {
        public var name: String
        /// Every value it can have; `nil` where that is not known beforehand.
        public var values: [String]?

        public init(_ name: String, values: [String]? = nil) {
            self.name = name
            self.values = values
        }
    }

    /// As exposed, counters with their `_total`.
    public var name: String
    public var help: String
    public var kind: Kind
    public var labels: [Label]

    public init(_ name: String, _ kind: Kind, help: String, labels: [Label] = []) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
    }

    /// Every combination of known label values, so that a series is there at 0 before its first event. Empty where the
    /// values of a label are not known; one empty combination where there are no labels.
    var knownSeries: [[String]] {
        labels.reduce([[]]) { combinations, label in
            combinations.flatMap { combination in (label.values ?? []).map { combination + [$0] } }
        }
    }
}
