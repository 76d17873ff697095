extension ImportRun {
    private static let machineWalksMax = 5

    /// Reads the machines of the run into the work list, page by page, and those that count as deleted.
    func listMachines(_ checkpoint: inout RunCheckpoint) async throws {
        let ledger = try await ports.store.ledger(of: job.connection)
        let pageRowsSeen = try await walkMachines(&checkpoint, pageRowsSeen: ledger.machinePageRows)
        if checkpoint.effectiveKind == .incremental, ledger.machinesKnown > 0 {
            try await listInactiveMachines(
                &checkpoint, until: deletionCutoff(checkpoint), pageRowsSeen: pageRowsSeen)
        }
        try await ports.store.recordPageRows(machines: pageRowsSeen, alerts: nil, of: job.connection)
    }

    /// Walks the list until it stands still, so that a walk brings nothing more and has what the one before had: where a
    /// machine leaves the list between two pages, those behind it move up, and one moves past the page to come. One page
    /// alone is one moment.
    ///
    /// - Returns: the most rows that a page of the list has been seen to have.
    private func walkMachines(_ checkpoint: inout RunCheckpoint, pageRowsSeen: Int) async throws -> Int {
        var pageRowsSeen = pageRowsSeen
        var othersSeen: Set<String> = []
        // Unknown where a walk did not begin at the first page, or another process made it.
        var before: Set<Int>?
        var bringsMore = true
        for _ in 1...Self.machineWalksMax {
            // From the first page also after an interruption, in which the list may have moved.
            if checkpoint.machinesWalked == true { checkpoint.machinesSkip = 0 }
            let isWhole = checkpoint.machinesSkip == 0
            let walk = try await walkMachinesOnce(&checkpoint, pageRowsSeen: pageRowsSeen, &othersSeen)
            pageRowsSeen = walk.pageRowsSeen
            bringsMore = walk.bringsMore
            if isWhole, walk.pages <= 1 { return pageRowsSeen }
            if let before, !bringsMore, before.isSubset(of: walk.seen) { return pageRowsSeen }
            before = isWhole ? walk.seen : nil
            checkpoint.machinesWalked = true
        }
        guard bringsMore else { return pageRowsSeen }
        // The next window begins no later than this one. An initial import would have CAR retire what it missed, and
        // without vulnerabilities the window moves on.
        guard checkpoint.effectiveKind == .incremental, options.vulnerabilities else {
            throw JobFailureError(
                .dataSource(
                    .badData,
                    "Defender's list of machines had others in it each of \(Self.machineWalksMax) times it was read"))
        }
        checkpoint.machinesMissed = true
        return pageRowsSeen
    }

    private func walkMachinesOnce(
        _ checkpoint: inout RunCheckpoint, pageRowsSeen: Int, _ othersSeen: inout Set<String>
    ) async throws -> MachineWalk {
        let isAgain = checkpoint.machinesWalked == true
        let selection: MachineSelection = checkpoint.machinesSince.map { .lastSeen(since: $0) } ?? .all
        var walk = ListWalk(
            top: options.machinesPerPage, pageRowsSeen: pageRowsSeen,
            trustsShortPages: checkpoint.effectiveKind == .incremental)
        var result = MachineWalk()
        var step = ListWalk.Step.next(skip: checkpoint.machinesSkip)
        while step != .end {
            if case .next(let skip) = step { checkpoint.machinesSkip = skip }
            let page = try await ports.defender.machines(
                selection, addresses: options.addresses, skip: checkpoint.machinesSkip, top: options.machinesPerPage)
            // Saved with the page: after a crash it is not fetched again.
            var next = checkpoint
            next.machinesSkip += page.content.readCount
            let added = try await add(page, isAgain: isAgain, checkpoint: next, &othersSeen)
            let known = result.seen.count
            result.seen.formUnion(page.content.records.map(\.id.hashValue) + page.content.skipped.map(\.id.hashValue))
            result.pages += page.content.readCount > 0 ? 1 : 0
            result.bringsMore =
                result.bringsMore || added.machines.contains { $0.wasThere(at: checkpoint.identity.startedAt) }
            // A walk that goes on after an interruption does not know what is on the pages before.
            let new = isAgain ? result.seen.count - known : added.new
            step = try walk.after(
                skip: checkpoint.machinesSkip, rows: page.content.readCount, new: new, hasNextLink: page.hasNextLink,
                list: "machines")
            // Asked for again also after a crash.
            if step == .again { try await ports.store.save(checkpoint, of: job.id) }
            try await announceList()
        }
        result.pageRowsSeen = walk.pageRowsSeen
        return result
    }

    func deletionCutoff(_ checkpoint: RunCheckpoint) -> Timestamp {
        checkpoint.identity.startedAt.adding(seconds: -options.deleteAfterInactiveSeconds)
    }

    /// - Returns: those put on the work list, and how many machines were not on an earlier page, whether put there or not.
    private func add(
        _ page: RecordPage<Machine>, isAgain: Bool, checkpoint: RunCheckpoint, _ othersSeen: inout Set<String>
    ) async throws -> (machines: [Machine], new: Int) {
        let cutoff = deletionCutoff(checkpoint)
        let deleted = page.content.records.filter { $0.countsAsDeleted(lastSeenUntil: cutoff) }
        let kept = page.content.records.filter { !$0.countsAsDeleted(lastSeenUntil: cutoff) }
        // Those that are not put on the work list are told apart by what earlier pages had.
        let others = Set(deleted.map(\.id.text) + page.content.skipped.compactMap(\.id))
        let newOthers = others.subtracting(othersSeen)
        defer { othersSeen.formUnion(others) }
        var left =
            page.content.skipped
            + deleted.map { SkippedRecord(kind: .machines, id: $0.id.text, reason: "counts_as_deleted") }
        if isAgain { left.removeAll { $0.id.map { !newOthers.contains($0) } ?? true } }
        var report = ImportReport()
        report.add(.machines, read: left.count, mapped: 0)
        report.addSkipped(left)
        let deletions = checkpoint.effectiveKind == .incremental ? deleted.map(\.id) : []
        let added = try await ports.store.addMachines(
            kept, deletions: deletions, isAgain: isAgain, checkpoint: checkpoint, report: report, of: job.id)
        return (added, added.count + newOthers.count)
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
        // There is nothing in CAR that could be retired. A database that was only changed has its save point still.
        if isInitial, checkpoint.savePointFrom == nil,
            try await ports.store.ledger(of: job.connection).invalidReason == LedgerState.databaseIsNewReason
        {
            return
        }
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

/// What a walk of the list of machines came to.
private struct MachineWalk {
    /// With machines on them.
    var pages = 0
    /// The machines of its pages; hashes, because there may be 100,000.
    var seen: Set<Int> = []
    /// Whether some were new to the work list that were there when the run began; later ones are in the next run's window.
    var bringsMore = false
    var pageRowsSeen = 0
}

extension Machine {
    /// Whether it has not been seen since; without a time it may have been there.
    fileprivate func wasThere(at moment: Timestamp) -> Bool { lastSeen.map { $0 < moment } ?? true }
}
