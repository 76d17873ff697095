import MicroHTTP
import Threading

/// What was asked of a simulator, by endpoint name.
public final class EndpointCounters: Sendable {
    public struct Counts: Sendable, Equatable {
        public var calls = 0
        /// Elements or rows in the answers.
        public var rows = 0
        /// Bytes of the answers' bodies.
        public var bytes = 0
        /// Answers with status 429.
        public var throttled = 0
        /// Answers by status.
        public var statuses: [Int: Int] = [:]
    }

    private let counts = Locked<[String: Counts]>([:])

    public subscript(endpoint: String) -> Counts {
        counts.withLock { $0[endpoint] ?? Counts() }
    }

    public func reset() {
        counts.withLock { $0 = [:] }
    }

    func countCall(_ endpoint: String) {
        counts.withLock { $0[endpoint, default: Counts()].calls += 1 }
    }

    func countRows(_ endpoint: String, _ rows: Int) {
        counts.withLock { $0[endpoint, default: Counts()].rows += rows }
    }

    func countThrottled(_ endpoint: String) {
        counts.withLock { $0[endpoint, default: Counts()].throttled += 1 }
    }

    func countAnswer(_ endpoint: String, _ response: HTTPResponse) {
        var bytes = 0
        if case .bytes(let body) = response.body { bytes = body.count }
        counts.withLock {
            $0[endpoint, default: Counts()].bytes += bytes
            $0[endpoint, default: Counts()].statuses[response.status, default: 0] += 1
        }
    }

    /// `{"machines":{"calls":1,"rows":200,"bytes":250000,"throttled":0,"statuses":{"200":1}}}`, names sorted.
    var json: JSONValue {
        let counts = counts.withLock { $0 }
        return .object(
            counts.sorted { $0.key < $1.key }.map { name, counts in
                let statuses = counts.statuses.sorted { $0.key < $1.key }.map {
                    JSONValue.Member("\($0.key)", .number(Double($0.value)))
                }
                return JSONValue.Member(
                    name,
                    [
                        "calls": .number(Double(counts.calls)), "rows": .number(Double(counts.rows)),
                        "bytes": .number(Double(counts.bytes)), "throttled": .number(Double(counts.throttled)),
                        "statuses": .object(statuses),
                    ])
            })
    }
}
