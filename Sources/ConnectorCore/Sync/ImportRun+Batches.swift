extension ImportRun {
    /// Handles every batch of the work list that is not finished, several at a time.
    func sendBatches(_ checkpoint: RunCheckpoint) async throws {
        let numbers = try await ports.store.unfinishedBatches(of: job.id, size: options.machinesPerBatch)
        let pipeline = BatchPipeline(job: job, ports: ports, options: options, checkpoint: checkpoint)
        try await progress.update(machines: ports.store.workCount(of: job.id))
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Int.self) { group in
                var waiting = numbers.makeIterator()
                for _ in 0..<max(1, options.batchesInFlight) {
                    if let number = waiting.next() { group.addTask { try await pipeline.handle(number) } }
                }
                do {
                    while let machines = try await group.next() {
                        try await progress.finished(machines: machines)
                        if let number = waiting.next() { group.addTask { try await pipeline.handle(number) } }
                    }
                } catch {
                    pipeline.flights.fail(CancellationError())
                    throw error
                }
            }
        } onCancel: {
            pipeline.flights.fail(CancellationError())
        }
    }
}
