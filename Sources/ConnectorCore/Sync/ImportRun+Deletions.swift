extension ImportRun {
    private static let deletionsPerStep = 200
    private static let edgesPerStep = 200
    private static let patchesInFlight = 8

    /// Deletes the machines that are due, then disables the edges that nothing implies any more.
    ///
    /// Only after every batch is confirmed: by then no machine still needs such an edge.
    func removeWhatIsGone() async throws {
        while case let machines = try await ports.store.pendingDeletions(of: job.id, limit: Self.deletionsPerStep),
            !machines.isEmpty
        {
            // Before CAR is asked: a part of them may be gone there when the call fails or the process dies.
            try await ports.store.beginDeletions(machines, of: job.id, connection: job.connection)
            try await ports.car.delete(.asset, keys: machines.map(\.text))
            var report = ImportReport()
            report.objects[VertexCollection.asset.rawValue, default: .init()].deleted += machines.count
            try await ports.store.confirmDeletions(machines, report: report, of: job.id)
        }
        while case let gone = try await ports.store.goneEdges(of: job.id, limit: Self.edgesPerStep), !gone.isEmpty {
            let disabled = try await disable(gone.map(\.edge))
            var report = ImportReport()
            report.count(disabled: disabled)
            try await ports.store.confirmGone(gone, report: report, of: job.id)
        }
    }

    /// - Returns: the edges that CAR had.
    private func disable(_ edges: [Edge]) async throws -> [Edge] {
        let car = ports.car
        return try await withThrowingTaskGroup(of: Edge?.self) { group in
            var waiting = edges.makeIterator()
            for _ in 0..<Self.patchesInFlight {
                if let edge = waiting.next() { group.addTask { try await car.disable(edge) ? edge : nil } }
            }
            var disabled: [Edge] = []
            while let answer = try await group.next() {
                if let answer { disabled.append(answer) }
                if let edge = waiting.next() { group.addTask { try await car.disable(edge) ? edge : nil } }
            }
            return disabled
        }
    }
}
