import ConnectorCore
import Threading

/// Rows of the ledgers in use as they stand in the database: saves the look-up of what many machines have in common.
///
/// A transaction takes the rows out, changes them as it changes the tables, and puts them back once it is committed. So
/// one that fails leaves nothing behind. Holds a bounded number of rows; forgetting some only costs a look-up.
final class LedgerCache: Sendable {
    /// Of one generation.
    struct Rows: Sendable {
        fileprivate let generation: Int64
        private(set) var vertices: [VertexKey: VertexRows.Row] = [:]
        private(set) var edges: [SharedEdge: SharedEdgeRows.Row] = [:]

        fileprivate init(generation: Int64) {
            self.generation = generation
        }

        mutating func set(_ row: VertexRows.Row, of key: VertexKey) {
            // What machines have in common.
            guard key.collection == .vulnerability || key.collection == .application else { return }
            if vertices.count >= LedgerCache.verticesMax { vertices = [:] }
            vertices[key] = row
        }

        /// - Parameter row: `nil` for one that is gone.
        mutating func set(_ row: SharedEdgeRows.Row?, of edge: SharedEdge) {
            if edges.count >= LedgerCache.edgesMax { edges = [:] }
            edges[edge] = row
        }
    }

    // What fits into tables of 2^17 and 2^16 places, 8 MB and 3 MB; one entry more would double them.
    private static let verticesMax = 98_304
    private static let edgesMax = 49_152
    private static let generationsMax = 4

    private let known = Locked<[Int64: Rows]>([:])

    /// What is known of the generation. Nobody else knows it until it is put back.
    func take(generation: Int64) -> Rows {
        known.withLock { $0.removeValue(forKey: generation) } ?? Rows(generation: generation)
    }

    /// Before the next transaction begins.
    func put(_ rows: Rows) {
        known.withLock { known in
            if known.count >= Self.generationsMax { known = [:] }
            known[rows.generation] = rows
        }
    }

    func forget() {
        known.withLock { $0 = [:] }
    }
}
