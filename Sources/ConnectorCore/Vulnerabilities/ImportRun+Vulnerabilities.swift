extension ImportRun {
    /// Times that a walk may begin anew because Defender refuses to go on with it.
    private static let restartsMax = 3
    /// Times that a page is asked for again because it may not be right.
    private static let pageRepeatsMax = 1
    private static let textsPerStep = 500

    private var readsExport: Bool { options.vulnerabilities && options.vulnerabilitySource == .export }

    func vulnerabilityObstacle(_ checkpoint: RunCheckpoint) async throws -> String? {
        guard readsExport else { return nil }
        let progress = try await ports.store.vulnerabilityProgress(of: job.connection)
        return progress.obstacle(at: checkpoint.identity.startedAt)
    }

    /// Reads the vulnerability export, or in an incremental run its changes, and the list of CVEs into the store: whole,
    /// or the run ends here, before anything in CAR depends on it.
    func readVulnerabilities(_ checkpoint: inout RunCheckpoint) async throws {
        guard readsExport else { return }
        if checkpoint.vulnerabilities == nil {
            let through = try await ports.store.vulnerabilityProgress(of: job.connection).changesThrough
            checkpoint.vulnerabilities = VulnerabilityWalk(
                since: checkpoint.effectiveKind == .incremental
                    ? through?.adding(seconds: -VulnerabilityProgress.snapshotSeconds) : nil)
            try await ports.store.save(checkpoint, of: job.id)
        }
        while checkpoint.vulnerabilities?.pagesDone == false { try await readVulnerabilityPage(&checkpoint) }
        if checkpoint.vulnerabilities?.textsDone == false { try await readCVETexts(&checkpoint) }
    }

    // MARK: Pages

    /// Reads the walk's next page.
    private func readVulnerabilityPage(_ checkpoint: inout RunCheckpoint) async throws {
        guard let walk = checkpoint.vulnerabilities else { return }
        let place = walk.continuation
        var repeats = 0
        while true {
            guard let page = try await page(of: walk, after: place) else { return try await restart(&checkpoint) }
            let isLastTry = repeats >= Self.pageRepeatsMax
            if isDoubtful(page, place), !isLastTry {
                repeats += 1
                continue
            }
            try await refuseEmptiness(page, walk)
            var next = walk
            next.continuation = page.end.continuation
            next.pagesRead += 1
            next.pagesDone = page.end == .last
            var proposed = checkpoint
            proposed.vulnerabilities = next
            switch try await page.add(proposed, place) {
            case .added(let saved):
                checkpoint = saved
                return try await progress.update(machines: ports.store.workCount(of: job.id))
            case .repeated where !isLastTry: repeats += 1
            case .seen, .repeated: throw circle(after: walk)
            }
        }
    }

    /// What Defender has to say again: a page without rows or a full one as the last, because what is missed would be
    /// retired, and one that leads to itself.
    private func isDoubtful(_ page: Page, _ place: String?) -> Bool {
        switch page.end {
        case .last: page.rowsRead == 0 || page.rowsRead >= options.vulnerabilitiesPerPage
        case .next(let token): token == place
        }
    }

    /// An export that breaks off, or has nothing at all where there was something, must not retire what CAR has.
    private func refuseEmptiness(_ page: Page, _ walk: VulnerabilityWalk) async throws {
        guard page.end == .last, page.rowsRead == 0 else { return }
        if walk.pagesRead > 0 {
            throw JobFailureError(
                .dataSource(
                    .badData, "Defender's vulnerability export breaks off: page \(walk.pagesRead) of it promised more"))
        }
        guard walk.since == nil, options.deleteGuardPercent < 100 else { return }
        let known = try await ports.store.deletionCensus(
            of: job.id, connection: job.connection, wholeEstate: true
        ).known
        guard known > options.deleteGuardMachines else { return }
        throw JobFailureError(
            JobFailure(
                class: .datasource, code: JobFailure.DataSourceCode.badData.rawValue,
                message: """
                    \(JobFailure.deletionGuardPrefix)Defender's vulnerability export is empty, and the vulnerabilities of \
                    \(known) known machines would be retired. Nothing was changed in CAR. If this is right, set \
                    DELETE_GUARD_PERCENT to 100 and run again.
                    """,
                retryable: false))
    }

    private func circle(after walk: VulnerabilityWalk) -> JobFailureError {
        JobFailureError(
            .dataSource(
                .badData, "Defender repeats the same vulnerabilities on page after page, after \(walk.pagesRead) pages")
        )
    }

    /// A page of either kind, and how the store takes it.
    private struct Page {
        var rowsRead: Int
        var end: PageEnd
        var add: (RunCheckpoint, String?) async throws -> PageVerdict
    }

    /// - Returns: `nil` where Defender does not go on from this place.
    private func page(of walk: VulnerabilityWalk, after place: String?) async throws -> Page? {
        let size = options.vulnerabilitiesPerPage
        let (store, job) = (ports.store, job.id)
        if let since = walk.since {
            let page = try await ports.defender.vulnerabilityChanges(since: since, after: place, pageSize: size)
            return page.map { page in
                Page(rowsRead: page.rowsRead, end: page.end) {
                    try await store.addVulnerabilityChanges(page, after: $1, checkpoint: $0, of: job)
                }
            }
        }
        return try await ports.defender.vulnerabilities(after: place, pageSize: size).map { page in
            Page(rowsRead: page.rowsRead, end: page.end) {
                try await store.addVulnerabilityPage(page, after: $1, checkpoint: $0, of: job)
            }
        }
    }

    private func restart(_ checkpoint: inout RunCheckpoint) async throws {
        var walk = VulnerabilityWalk(since: checkpoint.vulnerabilities?.since)
        walk.restarts = (checkpoint.vulnerabilities?.restarts ?? 0) + 1
        guard walk.restarts <= Self.restartsMax else {
            throw JobFailureError(
                .dataSource(.badData, "Defender refuses to continue the vulnerability export, time after time"))
        }
        checkpoint.vulnerabilities = walk
        try await ports.store.clearVulnerabilityPages(checkpoint, of: job.id)
    }

    // MARK: The list of CVEs

    private func readCVETexts(_ checkpoint: inout RunCheckpoint) async throws {
        var selection = CVESelection.all
        if checkpoint.effectiveKind == .incremental,
            let through = try await ports.store.vulnerabilityProgress(of: job.connection).textsThrough
        {
            selection = .updated(since: through.adding(seconds: -VulnerabilityProgress.textsOverlapSeconds))
        }
        var walk = ListWalk(
            top: options.cvesPerPage, pageRowsSeen: 0, trustsShortPages: true)
        var seen: Set<String> = []
        var step = ListWalk.Step.next(skip: checkpoint.vulnerabilities?.textsSkip ?? 0)
        while step != .end {
            if case .next(let skip) = step { checkpoint.vulnerabilities?.textsSkip = skip }
            let skip = checkpoint.vulnerabilities?.textsSkip ?? 0
            let page = try await ports.defender.cves(selection, skip: skip, top: options.cvesPerPage)
            let ids = Set(page.content.records.map(\.id) + page.content.skipped.compactMap(\.id))
            let new = ids.subtracting(seen).count
            seen.formUnion(ids)
            step = try walk.after(
                skip: skip, rows: page.content.readCount, new: new, hasNextLink: page.hasNextLink, list: "CVEs")
            try await ports.store.addCVETexts(page.content.records, checkpoint: checkpoint, of: job.id)
        }
        checkpoint.vulnerabilities?.textsDone = true
        try await ports.store.save(checkpoint, of: job.id)
    }

    /// Sends those CVEs again that CAR has from us and of which the list tells something new.
    func sendChangedCVEs(_ checkpoint: RunCheckpoint) async throws {
        guard readsExport, checkpoint.effectiveKind == .incremental else { return }
        var last = ""
        while case let cves = try await ports.store.knownCVETexts(after: last, limit: Self.textsPerStep, of: job.id),
            let end = cves.last?.id
        {
            last = end
            // No batch has the number 0, and none is on its way yet: every vertex is this step's own.
            let plan = try await ports.store.planBatch(
                BatchGraph(vertices: cves.map(GraphMapper.vertex)), of: job.id
            ) { Set($0) }
            var report = ImportReport()
            let objects = GraphObjects(vertices: plan.vertices)
            if objects.count > 0 {
                let confirmed = try await ports.car.importObjects(objects, report: checkpoint.identity)
                report.count(sent: objects, confirmed: confirmed)
                report.count(created: plan.created)
            }
            try await ports.store.confirmBatch(0, plan: plan, report: report, of: job.id)
        }
    }

    /// What the ledger has followed when the run has completed.
    func recordVulnerabilityProgress(_ checkpoint: RunCheckpoint) async throws {
        guard readsExport else { return }
        let start = checkpoint.identity.startedAt
        try await ports.store.record(
            VulnerabilityProgress(changesThrough: start, textsThrough: start), of: job.id)
    }
}
