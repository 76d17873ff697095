import ConnectorCore
import Threading

/// A CAR that keeps what it is sent as a graph, and what was wrong with it.
final class RecordingCAR: Sendable {
    struct EdgeState: Equatable {
        var isActive = true
        var lastModified: Timestamp?
    }

    struct State {
        var vertices: [VertexKey: Vertex] = [:]
        var edges: [Edge: EdgeState] = [:]
        /// Vertices whose import CAR has reported as done.
        var confirmed: Set<VertexKey> = []
        var inSession = false
        var reportedVertices: Set<VertexKey> = []
        var reportedEdges: Set<Edge> = []
        var modelStateID: String?
        var databaseIsNew = false
        var log: [String] = []
        var violations: [String] = []
        var calls = 0
    }

    private let state = Locked(State())

    var graph: State { state.withLock { $0 } }
    var log: [String] { state.withLock(\.log) }
    var activeEdges: Set<Edge> { state.withLock { Set($0.edges.filter(\.value.isActive).keys) } }

    func change<Result>(_ body: (inout State) -> Result) -> Result { state.withLock(body) }

    func clearLog() { state.withLock { $0.log = [] } }

    fileprivate static func retire(_ state: inout State) {
        guard state.inSession else { return }
        state.inSession = false
        for edge in state.edges.keys where !state.reportedEdges.contains(edge) { state.edges[edge] = nil }
        for key in state.vertices.keys where !state.reportedVertices.contains(key) {
            state.vertices[key] = nil
            state.confirmed.remove(key)
        }
    }

    fileprivate static func apply(_ objects: GraphObjects, to state: inout State) {
        for vertex in objects.vertices {
            state.vertices[vertex.id] = vertex.completed(by: state.vertices[vertex.id])
            state.reportedVertices.insert(vertex.id)
        }
        for edge in objects.edges {
            state.edges[edge, default: EdgeState()].isActive = true
            state.reportedEdges.insert(edge)
        }
    }

    fileprivate static func check(_ objects: GraphObjects, in state: inout State) {
        if !objects.vertices.isEmpty, !objects.edges.isEmpty { state.violations.append("vertices and edges mixed") }
        for edge in objects.edges {
            let ends = [VertexKey(edge.kind.ends.from, edge.from), VertexKey(edge.kind.ends.to, edge.to)]
            for end in ends where !state.confirmed.contains(end) {
                state.violations.append("\(edge) was sent before \(end.collection) \(end.key) was confirmed")
            }
        }
    }

    /// CAR as one process reaches it.
    struct Port: CARWriting {
        let car: RecordingCAR
        let lifeline: Lifeline

        private func call<Result: Sendable>(
            _ name: String, partly: @escaping @Sendable (inout State) -> Void = { _ in },
            _ effect: @escaping @Sendable (inout State) -> Result
        ) async throws -> Result {
            try await lifeline.call("car." + name, partly: { car.change(partly) }) {
                car.change { state in
                    state.calls += 1
                    state.log.append(name)
                    return effect(&state)
                }
            }
        }

        var requestCount: Int { car.graph.calls }

        func prepareDatabase(willChange: @Sendable () async throws -> Void) async throws -> Bool {
            if car.graph.databaseIsNew { try await willChange() }
            return try await call("prepare") { state in
                defer { state.databaseIsNew = false }
                return state.databaseIsNew
            }
        }

        func modelStateID() async throws -> String? { try await call("read save point") { $0.modelStateID } }

        func saveModelStateID(_ id: String) async throws {
            try await call("save \(id.isEmpty ? "nothing" : "point")") { $0.modelStateID = id }
        }

        func requestFullImportStart() async throws -> String {
            try await call("start session") { state in
                state.inSession = true
                state.reportedVertices = []
                state.reportedEdges = []
                return "start"
            }
        }

        func requestFullImportEnd() async throws -> String {
            try await call("end session") { state in
                RecordingCAR.retire(&state)
                return "end"
            }
        }

        func waitForJob(_ id: String) async throws { try await call("wait for \(id)") { _ in } }

        func importObjects(_ objects: GraphObjects, report: RunIdentity) async throws -> Int {
            let half = GraphObjects(
                vertices: Array(objects.vertices.prefix(objects.vertices.count / 2)),
                edges: Array(objects.edges.prefix(objects.edges.count / 2)))
            let name = objects.count == 0 ? "source" : objects.edges.isEmpty ? "vertices" : "edges"
            return try await lifeline.call(
                "car.import \(name)",
                partly: {
                    car.change { state in
                        RecordingCAR.check(objects, in: &state)
                        RecordingCAR.apply(half, to: &state)
                    }
                },
                {
                    car.change { state in
                        state.calls += 1
                        state.log.append("import \(name)")
                        RecordingCAR.check(objects, in: &state)
                        RecordingCAR.apply(objects, to: &state)
                    }
                    // Others get their turn between an import's arrival and its confirmation.
                    for _ in 0..<5 { await Task.yield() }
                    car.change { state in state.confirmed.formUnion(objects.vertices.map(\.id)) }
                    return objects.count
                })
        }

        func disable(_ edge: Edge) async throws -> Bool {
            try await call("disable \(edge.kind.rawValue) \(edge.from) \(edge.to)") { state in
                guard state.edges[edge] != nil else { return false }
                state.edges[edge]?.isActive = false
                return true
            }
        }

        func touch(_ edge: Edge, lastModified: Timestamp) async throws -> Bool {
            try await call("touch \(edge.to)") { state in
                guard state.edges[edge] != nil else { return false }
                state.edges[edge]?.lastModified = lastModified
                return true
            }
        }

        func delete(_ collection: VertexCollection, keys: [String]) async throws {
            try await call("delete \(keys.sorted().joined(separator: " "))") { state in
                for key in keys {
                    let vertex = VertexKey(collection, key)
                    state.vertices[vertex] = nil
                    state.confirmed.remove(vertex)
                    for edge in state.edges.keys
                    where VertexKey(edge.kind.ends.from, edge.from) == vertex
                        || VertexKey(edge.kind.ends.to, edge.to) == vertex
                    {
                        state.edges[edge] = nil
                    }
                }
            }
        }
    }
}

extension Vertex {
    /// CAR keeps a field that an import leaves out.
    fileprivate func completed(by known: Vertex?) -> Vertex {
        var vertex = self
        vertex.description = description ?? known?.description
        vertex.publishedOn = publishedOn ?? known?.publishedOn
        vertex.disclosedOn = disclosedOn ?? known?.disclosedOn
        vertex.baseScore = baseScore ?? known?.baseScore
        return vertex
    }
}
