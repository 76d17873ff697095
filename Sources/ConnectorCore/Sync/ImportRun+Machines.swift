extension ImportRun {
    /// Reads the machines of the run into the work list, page by page, and those that count as deleted.
    func listMachines(_ checkpoint: inout RunCheckpoint) async throws {
        let ledger = try await ports.store.ledger(of: job.connection)
        let isIncremental = checkpoint.effectiveKind == .incremental
        let selection: MachineSelection = checkpoint.machinesSince.map { .lastSeen(since: $0) } ?? .all
        let cutoff = deletionCutoff(checkpoint)
        var walk = ListWalk(
            top: options.machinesPerPage, pageRowsSeen: ledger.machinePageRows, trustsShortPages: isIncremental)
        var step = ListWalk.Step.next(skip: checkpoint.machinesSkip)
        var othersSeen: Set<String> = []
        while step != .end {
            if case .next(let skip) = step { checkpoint.machinesSkip = skip }
            let page = try await ports.defender.machines(
                selection, addresses: options.addresses, skip: checkpoint.machinesSkip, top: options.machinesPerPage)
            // Saved with the page: after a crash it is not fetched again.
            var next = checkpoint
            next.machinesSkip += page.content.readCount
            let new = try await add(page, cutoff: cutoff, checkpoint: next, othersSeen: &othersSeen)
            step = try walk.after(
                skip: checkpoint.machinesSkip, rows: page.content.readCount, new: new, hasNextLink: page.hasNextLink,
                list: "machines")
            // Asked for again also after a crash.
            if step == .again { try await ports.store.save(checkpoint, of: job.id) }
            try await announceList()
        }
        if isIncremental, ledger.machinesKnown > 0 {
            try await listInactiveMachines(&checkpoint, until: cutoff, pageRowsSeen: walk.pageRowsSeen)
        }
        try await ports.store.recordPageRows(machines: walk.pageRowsSeen, alerts: nil, of: job.connection)
    }

    func deletionCutoff(_ checkpoint: RunCheckpoint) -> Timestamp {
        checkpoint.identity.startedAt.adding(seconds: -options.deleteAfterInactiveSeconds)
    }

    /// - Returns: how many machines were not on an earlier page.
    private func add(
        _ page: RecordPage<Machine>, cutoff: Timestamp, checkpoint: RunCheckpoint, othersSeen: inout Set<String>
    ) async throws -> Int {
        var report = ImportReport()
        report.add(.machines, read: page.content.readCount, mapped: 0)
        report.addSkipped(page.content.skipped)
        let deleted = page.content.records.filter { $0.countsAsDeleted(lastSeenUntil: cutoff) }
        report.addSkipped(deleted.map { SkippedRecord(kind: .machines, id: $0.id.text, reason: "counts_as_deleted") })
        let kept = page.content.records.filter { !$0.countsAsDeleted(lastSeenUntil: cutoff) }
        let deletions = checkpoint.effectiveKind == .incremental ? deleted.map(\.id) : []
        let duplicates = try await ports.store.addMachines(
            kept, deletions: deletions, checkpoint: checkpoint, report: report, of: job.id)
        // Those that are not put on the work list are told apart by what earlier pages had.
        let others = Set(deleted.map(\.id.text) + page.content.skipped.compactMap(\.id))
        defer { othersSeen.formUnion(others) }
        return kept.count - duplicates + others.subtracting(othersSeen).count
    }

    private func listInactiveMachines(
        _ checkpoint: inout RunCheckpoint, until cutoff: Timestamp, pageRowsSeen: Int
    ) async throws {
        var walk = ListWalk(
            top: options.machinesPerPage, pageRowsSeen: pageRowsSeen, trustsShortPages: true, doubtsEmptyPages: false)
        var step = ListWalk.Step.next(skip: checkpoint.inactiveSkip ?? 0)
        var seen: Set<MachineID> = []
        while step != .end {
            if case .next(let skip) = step { checkpoint.inactiveSkip = skip }
            let skip = checkpoint.inactiveSkip ?? 0
            let page = try await ports.defender.machines(
                .inactive(lastSeenUntil: cutoff), addresses: .hunting, skip: skip, top: options.machinesPerPage)
            // Defender's own filter is not taken at its word.
            let deleted = page.content.records.filter { $0.countsAsDeleted(lastSeenUntil: cutoff) }
            var next = checkpoint
            next.inactiveSkip = skip + page.content.readCount
            try await ports.store.addDeletions(deleted.map(\.id), checkpoint: next, of: job.id)
            let ids = Set(page.content.records.map(\.id))
            let new = ids.subtracting(seen).count
            seen.formUnion(ids)
            step = try walk.after(
                skip: skip, rows: page.content.readCount, new: new, hasNextLink: page.hasNextLink,
                list: "inactive machines")
        }
    }

    private func announceList() async throws {
        try await progress.update(machines: ports.store.workCount(of: job.id))
    }

    /// Stops a run that would remove suspiciously much, before it has written anything.
    func guardDeletions(_ checkpoint: RunCheckpoint) async throws {
        let isInitial = checkpoint.effectiveKind == .initial
        let census = try await ports.store.deletionCensus(
            of: job.id, connection: job.connection, wholeEstate: isInitial)
        let limit = census.known * options.deleteGuardPercent / 100
        guard census.leaving > options.deleteGuardMachines, census.leaving > limit else { return }
        let verb = isInitial ? "are missing from Defender's list and would be retired" : "would be deleted"
        throw JobFailureError(
            JobFailure(
                class: .datasource, code: JobFailure.DataSourceCode.badData.rawValue,
                message: """
                    \(JobFailure.deletionGuardPrefix)\(census.leaving) of \(census.known) known machines \(verb), more than \
                    \(options.deleteGuardPercent) % (first: \(census.examples.map(\.text).joined(separator: ", "))). \
                    Nothing was changed in CAR. If this is right, raise DELETE_GUARD_PERCENT and run again.
                    """,
                retryable: false))
    }
}
