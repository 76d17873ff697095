import CARImporter
import ConnectorCore
import Foundation
import MicroHTTP
import OutboundHTTP
import Testing
import Threading

@Suite struct `Importing` {
    @Test(.timeLimit(.minutes(5))) func `returns once CAR has confirmed every import`() async throws {
        try await withCAR(configure: { $0.objectsPerEnvelopeMax = 7 }) { client, car in
            let confirmed = try await client.importObjects(Samples.assets(100), report: Samples.run)
            #expect(confirmed == 100)
            let checks = car.envelopes.map { EnvelopeCheck($0) }
            #expect(checks.count == 15)
            #expect(checks.flatMap(\.problems) == [])
            let ids = checks.flatMap { $0.objects["asset"] ?? [] }.compactMap { $0["external_id"] as? String }
            #expect(Set(ids) == Set((0..<100).map { "asset-\($0)" }))
            #expect(client.unconfirmedImports == 0)
            #expect(client.requestCount == car.requests.count)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `sends source and report where there is nothing else`() async throws {
        try await withCAR { client, car in
            let confirmed = try await client.importObjects(GraphObjects(), report: Samples.run)
            #expect(confirmed == 0)
            #expect(car.envelopes.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `authenticates with key and password`() async throws {
        try await withCAR { client, car in
            _ = try await client.importObjects(GraphObjects(), report: Samples.run)
            let request = try #require(car.requests.first)
            let expected = "Basic " + Data("the-key:the-password".utf8).base64EncodedString()
            #expect(request.headers["Authorization"] == expected)
            #expect(request.headers["Content-Type"] == "application/json")
            #expect(request.headers["Accept"] == "application/json")
        }
    }

    @Test(.timeLimit(.minutes(5))) func `authenticates with a token`() async throws {
        let car = try ScriptedCAR()
        defer { car.stop() }
        let client = CARClient(
            settings: try CARSettings(
                baseURL: car.baseURL + "//", authorization: .token(Secret("a-token")), source: "Defender"))
        _ = try await client.importObjects(GraphObjects(), report: Samples.run)
        #expect(car.requests.first?.headers["Authorization"] == "car-token a-token")
        #expect(car.requests.first?.path == "/api/car/v2/imports")
    }

    @Test(.timeLimit(.minutes(5))) func `sends edges only after the vertices are confirmed`() async throws {
        let applied = Locked(false)
        try await withCAR(answer: { context in
            let isEdges = String(decoding: context.request.body, as: UTF8.self).contains("asset_hostname")
            if context.route == "POST /imports", isEdges, !applied.withLock({ $0 }) { return .json("{}", status: 418) }
            if context.route == "GET /importstatus" {
                if context.count < 3 { return .importStatus(incomplete: context.importIDs) }
                applied.withLock { $0 = true }
            }
            return nil
        }) { client, _ in
            let objects = GraphObjects(vertices: Samples.vertices, edges: Samples.edges)
            let confirmed = try await client.importObjects(objects, report: Samples.run)
            #expect(confirmed == objects.count)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `never has more than twenty unconfirmed imports over all callers`() async throws
    {
        try await withCAR(
            configure: { $0.objectsPerEnvelopeMax = 1 },
            answer: { context in
                // Every other question finds everything incomplete, so that imports pile up.
                guard context.route == "GET /importstatus", context.count % 2 == 1 else { return nil }
                return .importStatus(incomplete: context.importIDs)
            }
        ) { client, car in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await client.importObjects(Samples.assets(50), report: Samples.run) }
                }
                let confirmed = try await group.reduce(0, +)
                #expect(confirmed == 200)
            }
            #expect(car.unconfirmedMost <= 20)
            #expect(car.unconfirmedMost >= 10)
            #expect(car.envelopes.count == 200)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `asks for many imports in few questions of bounded length`() async throws {
        let name = String(repeating: "n", count: 150)
        let longest = Locked(0)
        try await withCAR(
            configure: { $0.objectsPerEnvelopeMax = 1 },
            answer: { context in
                if context.route == "POST /imports" { return .json(#"{"id":"\#(name)-\#(context.count)"}"#) }
                longest.withLock { $0 = max($0, context.request.queryValue("ids")?.utf8.count ?? 0) }
                return nil
            }
        ) { client, car in
            let confirmed = try await client.importObjects(Samples.assets(60), report: Samples.run)
            #expect(confirmed == 60)
            #expect(longest.withLock { $0 } < 1800)
            #expect(longest.withLock { $0 } > 300)
        }
    }

    @Test(
        .timeLimit(.minutes(5)), arguments: ["{}", #"{"id":""}"#, #"{"id":[7]}"#, "<html>", "", "[1", #"{"id":null}"#])
    func `takes no answer without an id for a success`(body: String) async throws {
        try await withCAR(answer: { $0.route == "POST /imports" ? .json(body, status: 202) : nil }) { client, car in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .malformedReply)
            #expect(error?.jobFailure.code == 10)
            #expect(car.count("GET /importstatus") == 0)
            #expect(client.unconfirmedImports == 0)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `knows an import by a number too`() async throws {
        try await withCAR(answer: { context in
            switch (context.route, context.count) {
            case ("POST /imports", _): .json(#"{"id":7}"#)
            case ("GET /importstatus", 1): .json(#"{"incomplete_imports":[{"id":7}],"error_imports":[]}"#)
            case ("GET /importstatus", _):
                .json(#"{"incomplete_imports":[],"error_imports":[{"id":7,"error":"no","statusCode":400}]}"#)
            default: nil
            }
        }) { client, car in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .importFailed(statusCode: 400))
            #expect(
                car.requests.filter { $0.path.hasSuffix("/importstatus") }.allSatisfy { $0.queryValue("ids") == "7" })
        }
    }

    @Test(.timeLimit(.minutes(5))) func `repeats an import after passing failures`() async throws {
        let failures = [429, 503, 500, 408, 502]
        try await withCAR(answer: { context in
            guard context.route == "POST /imports", context.count <= failures.count else { return nil }
            return .json("{}", status: failures[context.count - 1])
        }) { client, car in
            let confirmed = try await client.importObjects(Samples.assets(3), report: Samples.run)
            #expect(confirmed == 3)
            #expect(car.count("POST /imports") == 6)
            #expect(Set(car.envelopes).count == 1)
        }
    }

    // An earlier process may have left as many as CAR takes at once.
    @Test(.timeLimit(.minutes(5)), arguments: [(120.0, true), (0.5, false)])
    func `waits where CAR takes no more imports now, as long as for a confirmation`(deadline: Double, succeeds: Bool)
        async throws
    {
        try await withCAR(
            configure: { $0.importDeadlineSeconds = deadline },
            answer: {
                $0.route == "POST /imports" && $0.count <= (succeeds ? 60 : .max) ? .json("{}", status: 429) : nil
            }
        ) { client, car in
            if succeeds {
                let confirmed = try await client.importObjects(Samples.assets(3), report: Samples.run)
                #expect(confirmed == 3)
                #expect(car.count("POST /imports") == 61)
            } else {
                let error = await carError { try await client.importObjects(Samples.assets(3), report: Samples.run) }
                #expect(error?.reason == .rejected(status: 429))
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func `waits for its turn as long after an outage as without one`() async throws {
        // Pauses of 75 s and more lie between the five answers of 503.
        let outage = Array(repeating: 503, count: 5) + [429]
        try await withCAR(
            clock: .simulated(Locked(0)),
            configure: {
                $0.retry = RetryPolicy(attemptsMax: 6, baseSeconds: 30, capSeconds: 60, deadlineSeconds: 600)
                $0.crowdedPauses = PollPauses(firstSeconds: 10, capSeconds: 10)
                $0.importDeadlineSeconds = 50
            },
            answer: { context in
                guard context.route == "POST /imports", context.count <= outage.count else { return nil }
                return .json("{}", status: outage[context.count - 1])
            }
        ) { client, car in
            let confirmed = try await client.importObjects(Samples.assets(3), report: Samples.run)
            #expect(confirmed == 3)
            #expect(car.count("POST /imports") == 7)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `sends nothing more after a failure`() async throws {
        try await withCAR(
            configure: { $0.objectsPerEnvelopeMax = 1 },
            answer: { $0.route == "POST /imports" && $0.count == 5 ? .json("{}", status: 400) : nil }
        ) { client, car in
            let error = await carError { try await client.importObjects(Samples.assets(1000), report: Samples.run) }
            #expect(error?.reason == .rejected(status: 400))
            #expect(car.count("POST /imports") < 200)
            #expect(client.unconfirmedImports == 0)
        }
    }
}
