/// Everything the CAR simulator holds.
struct CARState: Sendable {
    enum ImportStatus: Sendable, Equatable {
        case unfinished
        case done
        case failed(statusCode: Int, error: String)
    }

    struct Import: Sendable {
        var source: String
        var status = ImportStatus.unfinished
    }

    enum Effect: Sendable, Equatable {
        case enterSession(source: String)
        case leaveSession(source: String)
        case database(CARDatabaseState)
    }

    struct Job: Sendable {
        var effect: Effect
        var isApplied = false
        var fails = false
        var polls = 0
    }

    static let danglingExamplesMax = 20

    var database: CARDatabaseState
    var sources: [String: SourceGraph] = [:]
    var imports: [String: Import] = [:]
    var unfinished: [String: Int] = [:]
    var jobs: [String: Job] = [:]
    var counters = CARCounters()
    var random: SplitMix64

    mutating func newID(_ kind: String) -> String {
        "\(kind)-" + Derived.hexadecimal(16, &random)
    }

    mutating func accept(_ envelope: CAREnvelope) -> (id: String, session: UInt32) {
        let id = newID("import")
        imports[id] = Import(source: envelope.source)
        unfinished[envelope.source, default: 0] += 1
        counters.imports += 1
        for vertex in envelope.vertices { counters.objects[vertex.collection, default: 0] += 1 }
        for edge in envelope.edges { counters.objects[edge.kind, default: 0] += 1 }
        counters.unfinishedPeak = max(counters.unfinishedPeak, unfinished[envelope.source, default: 0])
        return (id, sources[envelope.source, default: SourceGraph()].session)
    }

    mutating func finish(_ id: String, _ envelope: CAREnvelope, session: UInt32, failsDanglingEdges: Bool) {
        let applied = sources[envelope.source, default: SourceGraph()].apply(envelope, session: session)
        counters.dangling += applied.dangling
        counters.repeatedVertices += applied.repeated
        if let example = applied.firstDangling, counters.danglingExamples.count < Self.danglingExamplesMax {
            counters.danglingExamples.append(example)
        }
        if failsDanglingEdges, let example = applied.firstDangling {
            end(id, .failed(statusCode: 400, error: "an end of \(example) does not exist"))
        } else {
            end(id, .done)
        }
    }

    mutating func end(_ id: String, _ status: ImportStatus) {
        guard let source = imports[id]?.source else { return }
        imports[id]?.status = status
        unfinished[source, default: 1] -= 1
        if case .failed = status { counters.importsFailed += 1 }
    }

    mutating func startJob(_ effect: Effect, fails: Bool) -> String {
        let id = newID("job")
        jobs[id] = Job(effect: effect, fails: fails)
        return id
    }

    mutating func applyJob(_ id: String) {
        guard let job = jobs[id], !job.isApplied else { return }
        jobs[id]?.isApplied = true
        if job.fails { return }
        switch job.effect {
        case .database(let state): database = state
        case .enterSession(let source):
            counters.sessionsEntered[source, default: 0] += 1
            if sources[source]?.isInSession == true { counters.sessionsReentered += 1 }
            sources[source, default: SourceGraph()].enterSession()
        case .leaveSession(let source):
            counters.sessionsLeft[source, default: 0] += 1
            if sources[source]?.isInSession != true { counters.sessionsLeftWithoutEntry += 1 }
            if unfinished[source, default: 0] > 0 { counters.sessionsLeftEarly += 1 }
            let retired = sources[source, default: SourceGraph()].leaveSession()
            counters.retiredVertices += retired.vertices
            counters.retiredEdges += retired.edges
        }
    }
}
