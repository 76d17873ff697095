import CoreMetrics
import Threading

/// A counter with one set of label values.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let total = Locked(0.0)

    var value: Double { total.withLock { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    /// A counter never falls: negative amounts and what is no number are passed over.
    func increment(by amount: Double) {
        guard amount.isFinite, amount > 0 else { return }
        total.withLock { $0 += amount }
    }

    func reset() { total.withLock { $0 = 0 } }
}

/// A gauge with one set of label values.
final class GaugeSeries: RecorderHandler, MeterHandler {
    private let current = Locked(0.0)

    var value: Double { current.withLock { $0 } }

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.withLock { $0 = value } }
    func increment(by amount: Double) { current.withLock { $0 += amount } }
    func decrement(by amount: Double) { current.withLock { $0 -= amount } }
}

/// A histogram with one set of label values; durations arrive in nanoseconds and are kept in seconds.
final class HistogramSeries: RecorderHandler, TimerHandler {
    private let observed: Locked<HistogramValue>

    init(bounds: [Double]) { observed = Locked(HistogramValue(bounds: bounds)) }

    var value: HistogramValue { observed.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { observed.withLock { $0.observe(value) } }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
