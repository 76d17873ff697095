/// How many objects there are of each vertex and edge collection.
public struct ObjectCounts: Sendable, Equatable {
    private static let vertexCollections = VertexCollection.allCases
    private static let edgeKinds = EdgeKind.allCases

    /// By number and not by name: it is counted for every object of an import.
    private var vertices = [Int](repeating: 0, count: vertexCollections.count)
    private var edges = [Int](repeating: 0, count: edgeKinds.count)

    public init() {}

    public subscript(collection: VertexCollection) -> Int {
        get { vertices[Int(collection.index)] }
        set { vertices[Int(collection.index)] = newValue }
    }

    public subscript(kind: EdgeKind) -> Int {
        get { edges[Int(kind.index)] }
        set { edges[Int(kind.index)] = newValue }
    }

    /// Those of which there are any, sorted by CAR's name.
    public var named: [(name: String, count: Int)] {
        let all =
            Self.vertexCollections.map { ($0.rawValue, self[$0]) } + Self.edgeKinds.map { ($0.rawValue, self[$0]) }
        return all.filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }.map { (name: $0.0, count: $0.1) }
    }
}

extension GraphObjects {
    public var counts: ObjectCounts {
        var counts = ObjectCounts()
        for vertex in vertices { counts[vertex.id.collection] += 1 }
        for edge in edges { counts[edge.kind] += 1 }
        return counts
    }
}
