import CoreMetrics
import Threading

/// Keeps every metric of the process; the backend of swift-metrics (`MetricsSystem.bootstrap(registry)`).
///
/// - Declared metrics are there from the start, at 0 where the label values are known.
/// - A metric that was not declared appears with its first use, its name and labels made valid for Prometheus.
/// - A metric has at most `seriesMax` series; what comes beyond them is summed up in one whose labels are all `other`.
/// - A metric used as another type than it has is ignored rather than mixed up.
public final class MetricRegistry: Sendable {
    public static let defaultSeriesMax = 1000
    /// Metrics that were not declared, at most.
    static let undeclaredMax = 200

    private let state: Locked<State>
    private let seriesMax: Int

    /// - Parameter declarations: names and labels must be valid for Prometheus and names unique, else it traps.
    public init(declaring declarations: [MetricDeclaration], seriesMax: Int = defaultSeriesMax) {
        self.seriesMax = seriesMax
        var state = State()
        for declaration in declarations {
            precondition(PrometheusName.isValid(declaration.name), "not a metric name: \(declaration.name)")
            precondition(state.metrics[declaration.name] == nil, "declared twice: \(declaration.name)")
            precondition(declaration.labels.allSatisfy { PrometheusName.isValid($0.name) })
            precondition(declaration.kind != .counter || declaration.name.hasSuffix("_total"))
            var metric = Metric(declaration)
            for values in declaration.knownSeries { _ = metric.series(values, max: seriesMax) }
            state.metrics[declaration.name] = metric
        }
        self.state = Locked(state)
    }

    /// Makes a declared series visible at 0 before its first event.
    public func prepare(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) {
        _ = existingSeries(name, labels.map { ($0.key, $0.value) })
    }

    public func add(_ amount: Double = 1, to name: String, _ labels: KeyValuePairs<String, String> = [:]) {
        counter(name, labels.map { ($0.key, $0.value) })?.increment(by: amount)
    }

    public func set(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        gauge(name, labels.map { ($0.key, $0.value) })?.set(value)
    }

    public func observe(_ value: Double, in name: String, _ labels: KeyValuePairs<String, String> = [:]) {
        histogram(name, labels.map { ($0.key, $0.value) })?.record(value)
    }

    /// The value of a counter or gauge, for tests and the status line; `nil` where there is no such series.
    public func value(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Double? {
        let wanted = labels.map { MetricFamily.Label($0.key, $0.value) }
        let samples = snapshot().first { $0.name == name }?.samples ?? []
        guard case .number(let value) = samples.first(where: { $0.labels == wanted })?.value else { return nil }
        return value
    }

    /// Every metric with its values now, by name; series by their label values.
    public func snapshot() -> [MetricFamily] {
        let metrics = state.withLock { $0.metrics }
        return metrics.values.map { $0.family() }.sorted { $0.name < $1.name }
    }

    func counter(_ name: String, _ labels: [(String, String)]) -> CounterSeries? {
        let undeclared = name.hasSuffix("_total") ? name : name + "_total"
        guard case .counter(let series) = series(name, or: undeclared, .counter, labels) else { return nil }
        return series
    }

    func gauge(_ name: String, _ labels: [(String, String)]) -> GaugeSeries? {
        guard case .gauge(let series) = series(name, or: name, .gauge, labels) else { return nil }
        return series
    }

    func histogram(_ name: String, _ labels: [(String, String)]) -> HistogramSeries? {
        let kind = MetricDeclaration.Kind.histogram(buckets: HistogramBuckets.requests)
        guard case .histogram(let series) = series(name, or: name, kind, labels) else { return nil }
        return series
    }

    private func existingSeries(_ name: String, _ labels: [(String, String)]) -> Series? {
        state.withLock { state in
            guard let metric = state.metrics[name] else { return nil }
            return state.metrics[name]?.series(metric.values(of: labels), max: seriesMax)
        }
    }

    private func series(
        _ name: String, or undeclared: String, _ kind: MetricDeclaration.Kind, _ labels: [(String, String)]
    ) -> Series? {
        if let series = existingSeries(name, labels) { return series }
        let valid = PrometheusName.sanitized(undeclared)
        return state.withLock { state in
            if state.metrics[valid] == nil {
                guard state.undeclaredCount < Self.undeclaredMax else { return nil }
                state.undeclaredCount += 1
                let names = Set(labels.map { PrometheusName.sanitized($0.0) }).sorted()
                state.metrics[valid] = Metric(
                    MetricDeclaration(valid, kind, help: "", labels: names.map { MetricDeclaration.Label($0) }))
            }
            guard let metric = state.metrics[valid] else { return nil }
            return state.metrics[valid]?.series(metric.values(of: labels), max: seriesMax)
        }
    }
}

extension MetricRegistry: MetricsFactory {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return histogram(label, dimensions) ?? NOOPMetricsHandler.instance }
        return gauge(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    // A series stays for the life of the process: one that vanished and came back at 0 would read as a reset.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

extension MetricRegistry {
    fileprivate struct State: Sendable {
        var metrics: [String: Metric] = [:]
        var undeclaredCount = 0
    }

    fileprivate enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)

        init(_ kind: MetricDeclaration.Kind) {
            switch kind {
            case .counter: self = .counter(CounterSeries())
            case .gauge: self = .gauge(GaugeSeries())
            case .histogram(let buckets): self = .histogram(HistogramSeries(bounds: buckets))
            }
        }

        var value: MetricFamily.Value {
            switch self {
            case .counter(let series): .number(series.value)
            case .gauge(let series): .number(series.value)
            case .histogram(let series): .histogram(series.value)
            }
        }
    }

    fileprivate struct Metric: Sendable {
        static let labelValueLengthMax = 128

        let declaration: MetricDeclaration
        private var seriesByValues: [[String]: Series] = [:]

        init(_ declaration: MetricDeclaration) { self.declaration = declaration }

        /// The label values in declared order; a label that is missing is empty, one that was not declared is dropped.
        func values(of labels: [(String, String)]) -> [String] {
            declaration.labels.map { label in
                let value = labels.first { $0.0 == label.name || PrometheusName.sanitized($0.0) == label.name }?.1 ?? ""
                return String(String.UnicodeScalarView(value.unicodeScalars.prefix(Self.labelValueLengthMax)))
            }
        }

        mutating func series(_ values: [String], max: Int) -> Series {
            if let known = seriesByValues[values] { return known }
            let isOverflow = seriesByValues.count >= max - 1 && !values.isEmpty
            let key = isOverflow ? values.map { _ in "other" } : values
            if let known = seriesByValues[key] { return known }
            let series = Series(declaration.kind)
            seriesByValues[key] = series
            return series
        }

        func family() -> MetricFamily {
            let sorted = seriesByValues.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            return MetricFamily(
                name: declaration.name, help: declaration.help, kind: declaration.kind.familyKind,
                samples: sorted.map { values, series in
                    let labels = zip(declaration.labels, values).map { MetricFamily.Label($0.name, $1) }
                    return MetricFamily.Sample(labels: labels, series.value)
                })
        }
    }
}

extension MetricDeclaration.Kind {
    fileprivate var familyKind: MetricFamily.Kind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        }
    }
}
