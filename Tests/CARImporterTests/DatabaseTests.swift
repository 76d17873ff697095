import CARImporter
import ConnectorCore
import MicroHTTP
import Testing
import Threading

@Suite struct `Preparing the database` {
    /// A database that changes as CAR's does.
    private struct Database: Sendable {
        var exists = true
        var graphName = "assets"
        var missing: [String] = []
        var ready = true
        /// Reads until it is ready after the last change.
        var readsUntilReady = 0
        var changes: [String] = []

        mutating func answer(_ context: ScriptedCAR.Context) -> HTTPResponse? {
            switch context.route {
            case "GET /databases":
                guard exists else { return .json("{}", status: 400) }
                let isReady = ready && readsUntilReady == 0
                readsUntilReady = max(0, readsUntilReady - 1)
                let list = missing.map { "\"\($0)\"" }.joined(separator: ",")
                return .json(
                    #"{"databases":[{"name":"d","graph_name":"\#(graphName)","is_ready":\#(isReady),"#
                        + #""missing_collections":[],"collections_without_indexes":[\#(list)],"collections":[]}]}"#)
            case "POST /databases":
                exists = true
                changes.append("create")
                return .json(#"{"job_id":"job/\#(changes.count)"}"#)
            case "PATCH /databases":
                let body = String(decoding: context.request.body, as: UTF8.self)
                if body == #"{"graph_name":"assets"}"# { graphName = "assets" } else { missing = [] }
                changes.append(body)
                return .json(#"{"job_id":"job/\#(changes.count)"}"#)
            default:
                guard context.route.hasPrefix("GET /jobstatus/job%2F") else { return nil }
                return .json(#"{"status":"\#(context.count < 3 ? "RUNNING" : "COMPLETE")"}"#)
            }
        }
    }

    private func prepare(
        _ database: Database, configure: (inout CARSettings) -> Void = { _ in },
        check: (Result<Bool, any Error>, Database) -> Void
    ) async throws {
        let state = Locked(database)
        try await withCAR(configure: configure, answer: { context in state.withLock { $0.answer(context) } }) {
            client, _ in
            let result: Result<Bool, any Error>
            do { result = .success(try await client.prepareDatabase {}) } catch { result = .failure(error) }
            check(result, state.withLock { $0 })
        }
    }

    @Test(.timeLimit(.minutes(5))) func `changes nothing of a ready one`() async throws {
        try await prepare(Database()) { result, database in
            #expect((try? result.get()) == false)
            #expect(database.changes.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `creates it, its graph and its indexes in this order`() async throws {
        let fresh = Database(exists: false, graphName: "", missing: ["asset", "hostname"], readsUntilReady: 4)
        try await prepare(fresh) { result, database in
            #expect((try? result.get()) == true)
            #expect(
                database.changes == [
                    "create", #"{"graph_name":"assets"}"#, #"{"collections_without_indexes":["asset","hostname"]}"#,
                ])
        }
    }

    @Test(.timeLimit(.minutes(5))) func `adds indexes alone where only they are missing`() async throws {
        try await prepare(Database(missing: ["asset"])) { result, database in
            #expect((try? result.get()) == true)
            #expect(database.changes == [#"{"collections_without_indexes":["asset"]}"#])
        }
    }

    @Test(.timeLimit(.minutes(5))) func `tells once that it will change something, before it does`() async throws {
        struct Refusal: Error {}
        let state = Locked(Database(exists: false, graphName: "", missing: ["asset"]))
        let told = Locked(0)
        try await withCAR(answer: { context in state.withLock { $0.answer(context) } }) { client, _ in
            await #expect(throws: Refusal.self) { try await client.prepareDatabase { throw Refusal() } }
            #expect(state.withLock(\.changes) == [])
            let changed = try await client.prepareDatabase { told.withLock { $0 += 1 } }
            let again = try await client.prepareDatabase { told.withLock { $0 += 1 } }
            #expect(changed && !again)
            #expect(told.withLock { $0 } == 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `fails when it does not become ready within the deadline`() async throws {
        try await prepare(Database(ready: false), configure: { $0.jobDeadlineSeconds = 0.1 }) { result, _ in
            #expect(throws: CARError.self) { try result.get() }
            guard case .failure(let error as CARError) = result else { return }
            #expect(error.reason == .databaseNotReady)
            #expect(error.jobFailure.code == 10)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `does not take a page or another form for a database`() async throws {
        for answer in [HTTPResponse.html(), .json("{}"), .json("[]"), .json(#"{"databases":null}"#)] {
            try await withCAR(answer: { _ in answer }) { client, car in
                let error = await carError { _ = try await client.prepareDatabase {} }
                #expect(error?.reason == .malformedReply)
                #expect(car.count("POST /databases") == 0)
            }
        }
    }
}
