/// Label values that only other parts of the service know, so that their series are there at 0 from the start.
public struct KnownLabels: Sendable {
    public struct Skip: Sendable {
        public var kind: String
        public var reason: String

        public init(kind: String, reason: String) {
            self.kind = kind
            self.reason = reason
        }
    }

    public struct Failure: Sendable {
        public var `class`: String
        public var code: Int

        public init(class: String, code: Int) {
            self.class = `class`
            self.code = code
        }
    }

    /// CAR's vertex and edge collections.
    public var vertices: [String]
    public var edges: [String]
    public var skips: [Skip]
    public var failures: [Failure]
    /// What requests to CAR are labelled with.
    public var carCalls: [String]

    public init(
        vertices: [String] = [], edges: [String] = [], skips: [Skip] = [], failures: [Failure] = [],
        carCalls: [String] = []
    ) {
        self.vertices = vertices
        self.edges = edges
        self.skips = skips
        self.failures = failures
        self.carCalls = carCalls
    }
}
