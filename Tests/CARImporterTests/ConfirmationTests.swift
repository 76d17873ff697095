import CARImporter
import ConnectorCore
import Foundation
import MicroHTTP
import OutboundHTTP
import Testing
import Threading

@Suite struct `Confirmation` {
    /// Answers the first status questions with `answers`, then as usual.
    private func afterwards(
        _ answers: [HTTPResponse]
    ) -> @Sendable (ScriptedCAR.Context) -> HTTPResponse? {
        { context in
            guard context.route == "GET /importstatus", context.count <= answers.count else { return nil }
            return answers[context.count - 1]
        }
    }

    @Test(.timeLimit(.minutes(5))) func `is not taken from an answer that says nothing`() async throws {
        let answers: [HTTPResponse] = [
            .json("{}"), .html(), .json("{}", status: 500), .json("", status: 401), .html(403), .json("null"),
            .json(#"{"incomplete_imports":[]}"#), .json(#"{"error_imports":[]}"#),
            .json(#"{"incomplete_imports":null,"error_imports":null}"#),
            .json(#"{"incomplete_imports":{},"error_imports":{}}"#),
            .json(#"{"incomplete_imports":["import-1"],"error_imports":[]}"#),
            .json(#"{"incomplete_imports":[{}],"error_imports":[]}"#),
            .json(#"{"incomplete_imports":[],"error_imports":[{"error":"whose?"}]}"#),
            .json(#"{"incomplete_imports":[],"error_imports":[]}"#, status: 201),
            .json(#"{"incomplete_imports":[],"error_imports":[]"#), HTTPResponse(status: 302),
            .importStatus(incomplete: ["import-1"]),
        ]
        try await withCAR(answer: afterwards(answers)) { client, car in
            let confirmed = try await client.importObjects(Samples.assets(1), report: Samples.run)
            #expect(confirmed == 1)
            #expect(car.count("GET /importstatus") == answers.count + 1)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            HTTPResponse.json("{}"), .html(), .json("{}", status: 401), .importStatus(incomplete: ["import-1"]),
        ])
    func `that does not come within the deadline is a failure`(answer: HTTPResponse) async throws {
        try await withCAR(
            configure: { $0.importDeadlineSeconds = 0.3 },
            answer: { $0.route == "GET /importstatus" ? answer : nil }
        ) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .unconfirmed(imports: 1))
            #expect(error?.jobFailure.class == .recoverable)
            #expect(error?.jobFailure.code == 10)
            #expect(error?.jobFailure.message.contains("import-1") == true)
            #expect(client.unconfirmedImports == 0)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `fails at the deadline though a question hangs`() async throws {
        try await withCAR(
            configure: { $0.importDeadlineSeconds = 0.3 },
            answer: { $0.route == "GET /importstatus" ? .never : nil }
        ) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .unconfirmed(imports: 1))
        }
    }

    @Test(.timeLimit(.minutes(5))) func `names three of the imports that are missing and counts them`() async throws {
        // Stands still until CAR is asked for all five at once; then their deadline is past.
        let time = Locked(0.0)
        try await withCAR(
            clock: .simulated(time, pauseSecondsMax: 0.0001),
            configure: {
                $0.importDeadlineSeconds = 1800
                $0.objectsPerEnvelopeMax = 1
            },
            answer: { context in
                guard context.route == "GET /importstatus" else { return nil }
                let asked = (1...5).allSatisfy { context.request.queryValue("ids")?.contains("import-\($0)") == true }
                if asked { time.withLock { $0 += 1800 } }
                return .json("{}", status: 503)
            }
        ) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(5), report: Samples.run) }
            #expect(error?.reason == .unconfirmed(imports: 5))
            #expect(error?.detail?.components(separatedBy: "import-").count == 4)
            #expect(error?.detail?.contains(", and 2 more") == true)
            #expect(error?.detail?.contains("503") == true)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            ("500", 10), ("400", 10), ("503", 10), ("\"504\"", 10), ("302", 10), ("404", 20), ("422", 20), ("409", 20),
            ("null", 20), ("0", 20), ("\"?\"", 20),
        ]) func `turns a failed import into a failure of its class`(statusCode: String, code: Int) async throws
    {
        try await withCAR(answer: { context in
            guard context.route == "GET /importstatus" else { return nil }
            let failed = #"{"id":"import-1","error":"bad\n\u0007 thing","statusCode":\#(statusCode)}"#
            return .importStatus(failed: [failed])
        }) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.jobFailure.code == code)
            #expect(error?.jobFailure.class == (code == 10 ? .recoverable : .unrecoverable))
            #expect(error?.detail == "import import-1: bad thing")
        }
    }

    @Test(.timeLimit(.minutes(5))) func `takes a failure without explanation for a failure`() async throws {
        try await withCAR(answer: {
            $0.route == "GET /importstatus" ? .importStatus(failed: [#"{"id":"import-1","error":{"x":1}}"#]) : nil
        }) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .importFailed(statusCode: nil))
        }
    }

    @Test(.timeLimit(.minutes(5))) func `fails one caller's import without touching another's`() async throws {
        let bad = Locked<Set<String>>([])
        try await withCAR(answer: { context in
            if context.route == "POST /imports" {
                let id = "import-\(context.count)"
                if String(decoding: context.request.body, as: UTF8.self).contains("alice") {
                    bad.withLock { _ = $0.insert(id) }
                }
                return .json(#"{"id":"\#(id)"}"#)
            }
            guard context.route == "GET /importstatus" else { return nil }
            if context.count < 5 { return .importStatus(incomplete: context.importIDs) }
            let failed = bad.withLock { $0 }.filter(context.importIDs.contains)
            return .importStatus(failed: failed.map { #"{"id":"\#($0)","error":"no","statusCode":400}"# })
        }) { client, _ in
            async let good = client.importObjects(Samples.assets(3), report: Samples.run)
            let users = GraphObjects(vertices: [Vertex(.user, "alice")])
            let error = await carError { try await client.importObjects(users, report: Samples.run) }
            #expect(error?.reason == .importFailed(statusCode: 400))
            let confirmed = try await good
            #expect(confirmed == 3)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `ends its wait when the caller is cancelled, and its questions with the last caller`()
        async throws
    {
        let asked = AsyncStream<Void>.makeStream()
        try await withCAR(answer: { context in
            guard context.route == "GET /importstatus" else { return nil }
            asked.continuation.yield()
            return context.count < 3 ? .importStatus(incomplete: context.importIDs) : .never
        }) { client, car in
            let caller = Task { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            var questions = asked.stream.makeAsyncIterator()
            for _ in 0..<3 { await questions.next() }
            caller.cancel()
            let result = await caller.result
            #expect(throws: CancellationError.self) { try result.get() }
            #expect(client.unconfirmedImports == 0)
            #expect(car.count("GET /importstatus") == 3)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `works again after everybody was cancelled`() async throws {
        let hang = Locked(true)
        let asked = AsyncStream<Void>.makeStream()
        try await withCAR(answer: { context in
            guard context.route == "GET /importstatus", hang.withLock({ $0 }) else { return nil }
            asked.continuation.yield()
            return .never
        }) { client, _ in
            let caller = Task { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            var questions = asked.stream.makeAsyncIterator()
            await questions.next()
            hang.withLock { $0 = false }
            caller.cancel()
            _ = await caller.result
            let confirmed = try await client.importObjects(Samples.assets(2), report: Samples.run)
            #expect(confirmed == 2)
        }
    }
}
