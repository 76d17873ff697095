/// The values of one metric at one moment, ready to be rendered.
public struct MetricFamily: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        case counter, gauge, histogram
    }

    public struct Label: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public enum Value: Sendable, Equatable {
        case number(Double)
        case histogram(HistogramValue)
    }

    public struct Sample: Sendable, Equatable {
        public var labels: [Label]
        public var value: Value

        public init(labels: [Label] = [], _ value: Value) {
            self.labels = labels
            self.value = value
        }
    }

    /// Counters end with `_total`.
    public var name: String
    public var help: String
    public var kind: Kind
    public var samples: [Sample]

    public init(name: String, help: String, kind: Kind, samples: [Sample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}

/// Observations sorted into buckets.
public struct HistogramValue: Sendable, Equatable {
    /// Upper bounds, ascending, without infinity.
    public let bounds: [Double]
    /// Observations per bucket, not cumulated; one more than there are bounds, the last for those above all of them.
    public private(set) var counts: [UInt64]
    public private(set) var sum = 0.0

    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    public var count: UInt64 { counts.reduce(0, +) }

    /// Counts one observation; what is not a finite number is passed over, since it would spoil the sum for good.
    public mutating func observe(_ value: Double) {
        guard value.isFinite else { return }
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
