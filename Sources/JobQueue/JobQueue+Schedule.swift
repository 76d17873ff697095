import ConnectorCore

extension JobQueue {
    /// Requests a run for every entry of which a tick has passed since its mark.
    func enqueueDueRuns() throws {
        let moment = now()
        for (index, entry) in schedule.enumerated() {
            let known = try marks[index] ?? scheduleStore?.scheduleMark(of: entry.connection, kind: entry.kind)
            switch entry.decision(mark: known, now: moment) {
            case .wait:
                marks[index] = known
                continue
            case .run: try request(entry, now: moment)
            case .begin: break
            }
            // After the request: a crash in between asks twice, which a queued run absorbs, and never forgets a tick.
            let mark = ScheduleMark(expression: entry.expression.text, consideredUntil: moment)
            try scheduleStore?.save(mark, of: entry.connection, kind: entry.kind)
            marks[index] = mark
        }
    }

    private func request(_ entry: ScheduleEntry, now moment: Timestamp) throws {
        let request = JobRequest(kind: entry.kind, connection: entry.connection, trigger: .schedule)
        switch try store.enqueue(request, now: moment) {
        case .created(let job), .existing(let job):
            logger.info("a scheduled run is due", metadata: ["job": "\(job.id)", "connection": "\(entry.connection)"])
        case .idempotencyConflict: break
        }
    }
}
