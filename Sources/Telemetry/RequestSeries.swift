import Threading

/// The series of HTTP requests at hand: to find them by name and labels costs more than to answer a probe.
final class RequestSeries: Sendable {
    typealias Series = (count: CounterSeries?, duration: HistogramSeries?)

    private struct Key: Hashable {
        var route: String
        var method: String
        var status: String
    }

    /// More than routes, methods and status classes make.
    private static let keptMax = 1000

    private let kept = Locked<[Key: Series]>([:])

    func find(route: String, method: String, status: String, make: () -> Series) -> Series {
        let key = Key(route: route, method: method, status: status)
        if let series = kept.withLock({ $0[key] }) { return series }
        let series = make()
        kept.withLock { kept in
            if kept.count < Self.keptMax { kept[key] = series }
        }
        return series
    }
}
