import MicroHTTP
import Threading

/// The faults of one simulator; each request takes at most one, the first that applies.
public final class FaultPlan: Sendable {
    public static let endpoints: [String] = [
        "token", "machines", "logonusers", "hunting", "alerts", "vulnerabilityexport",
        "vulnerabilitychanges", "vulnerabilities", "car.imports", "car.importstatus", "car.databases",
        "car.jobstatus", "car.session.enter", "car.session.leave", "car.source.get", "car.source.patch",
        "car.edge.patch", "car.delete", "car.query", "car.health", "car.importschema",
    ]

    static let pagedLists = [
        "machines", "alerts", "vulnerabilityexport", "vulnerabilitychanges", "vulnerabilities",
    ]
    static let defenderCalls = pagedLists + ["logonusers", "hunting"]

    private struct Rule {
        var fault: Fault
        var seen = 0
        var hits = 0
    }

    private struct Content {
        var rules: [Rule] = []
        var random: SplitMix64
        var hits: [String: Int] = [:]
        /// A responder that is let go of answers 500 at once, so hanging ones are kept.
        var hanging: [DeferredResponder] = []
    }

    private static let hangingMax = 1000

    private let content: Locked<Content>

    /// - Parameter seed: of the chances of faults with a probability.
    public init(_ faults: [Fault] = [], seed: UInt64 = 1) {
        content = Locked(Content(rules: faults.map { Rule(fault: $0) }, random: SplitMix64(seed: seed, 0xfa)))
    }

    /// Replaces all faults; their counts start again.
    public func set(_ faults: [Fault]) {
        content.withLock { $0.rules = faults.map { Rule(fault: $0) } }
    }

    /// Adds a fault behind those there are.
    public func add(_ fault: Fault) {
        content.withLock { $0.rules.append(Rule(fault: fault)) }
    }

    public func clear() {
        set([])
    }

    /// How many requests of each endpoint were hit.
    public var hits: [String: Int] {
        content.withLock { $0.hits }
    }

    /// Keeps a request without an answer; the oldest ones get theirs when there are too many.
    func hang(_ responder: DeferredResponder) {
        content.withLock { content in
            if content.hanging.count >= Self.hangingMax { content.hanging.removeFirst(Self.hangingMax / 2) }
            content.hanging.append(responder)
        }
    }

    /// The fault for the next request of that endpoint.
    func next(_ endpoint: String) -> Fault.Kind? {
        content.withLock { content in
            for position in content.rules.indices where content.rules[position].fault.endpoint == endpoint {
                content.rules[position].seen += 1
                let rule = content.rules[position]
                guard rule.seen > rule.fault.after, rule.hits < rule.fault.count ?? .max else { continue }
                if rule.fault.probability < 1 {
                    let draw = Double(content.random.next() >> 11) / Double(1 << 53)
                    if draw >= rule.fault.probability { continue }
                }
                content.rules[position].hits += 1
                content.hits[endpoint, default: 0] += 1
                return rule.fault.kind
            }
            return nil
        }
    }
}
