import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// What a person is told when something is wrong.
    @Suite struct Failures {
        struct Case: Sendable, CustomTestStringConvertible {
            var testDescription: String
            var environment: [String: String]
            var failureClass: String
            var code: Int
            var says: String
        }

        static let cases = [
            Case(
                testDescription: "wrong secret", environment: ["CONFIGURATION_AUTH_CLIENTSECRET": "not-the-secret"],
                failureClass: "datasource", code: 52, says: "client secret is wrong"),
            Case(
                testDescription: "unknown tenant",
                environment: ["CONFIGURATION_AUTH_TENANT": "11111111-2222-3333-4444-555555555555"],
                failureClass: "datasource", code: 52, says: "tenant"),
            Case(
                testDescription: "CAR refuses", environment: ["CAR_SERVICE_PASSWORD": "not-the-password"],
                failureClass: "recoverable", code: 10, says: "CAR_SERVICE_PASSWORD"),
            Case(
                testDescription: "CAR is down", environment: ["CAR_SERVICE_URL": "http://127.0.0.1:9/api/car/v2"],
                failureClass: "recoverable", code: 10, says: "unreachable"),
        ]

        @Test(.timeLimit(.minutes(2)), arguments: cases)
        func `end the job with its class, its code and what to do, and show no secret`(given: Case) async throws {
            try await withService(environment: given.environment) { scenario, client in
                let job = try await client.run("initial")
                #expect(job.state == "failed")
                #expect(job.failure?.class == given.failureClass)
                #expect(job.failure?.code == given.code)
                #expect(job.failure?.message.contains(given.says) == true, "\(job.failure?.message ?? "")")
                let written = scenario.everythingWritten() + client.answers
                for name in ["CONFIGURATION_AUTH_CLIENTSECRET", "CAR_SERVICE_KEY", "CAR_SERVICE_PASSWORD"] {
                    let secret = scenario.environment[name] ?? ""
                    #expect(!written.contains(secret), "\(name)")
                }
            }
        }

        @Test(.timeLimit(.minutes(5)), arguments: [Fault.Kind.wrongJSON, .html(status: 200), .wrongShape, .empty])
        func `broken answers of Defender never count as an empty tenant`(kind: Fault.Kind) async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let before = scenario.sandbox.car.graph(source: Scenario.source)
                scenario.sandbox.defender.faults.set([Fault("machines", kind)])
                let job = try await client.start("initial")
                try await poll(until: "the broken answer", within: .seconds(60)) {
                    try await client.job(job.id).isEnded || scenario.sandbox.defender.counters["machines"].calls > 4
                }
                #expect(scenario.sandbox.car.graph(source: Scenario.source) == before)
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
            }
        }

        @Test(.timeLimit(.minutes(5))) func `of settings are all told at once, with code 2`() async throws {
            try await withScenario(environment: [
                "CONFIGURATION_AUTH_TENANT": "", "CAR_SERVICE_PASSWORD": "", "IMPORT_ALERTS": "perhaps",
                "SCHEDULE_INITIAL": "61 * * * *", "HTTP_LISTEN": "0.0.0.0:0",
            ]) { scenario in
                let service = try scenario.launch()
                #expect(try await service.waitForExit() == ServiceProcess.Exit(code: 2))
                for name in [
                    "CONFIGURATION_AUTH_TENANT", "CAR_SERVICE_PASSWORD", "IMPORT_ALERTS", "SCHEDULE_INITIAL",
                    "HTTP_LISTEN",
                ] {
                    #expect(service.standardError.contains("\(name): "), "\(name)")
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func `of requests are problem documents`() async throws {
            try await withService { _, client in
                let bogus = try await client.send(.post, "/v1/imports/initial", body: #"{"bogus":1}"#)
                #expect(bogus.status == 400)
                #expect(bogus.text.contains(#""field":"bogus""#))
                let large = try await client.send(
                    .post, "/v1/imports/initial", body: String(repeating: "a", count: 1_000_000))
                #expect(large.status == 413)
                #expect(try await client.send(.get, "/nope").status == 404)
                let wrongMethod = try await client.send(.delete, "/v1/jobs")
                #expect(wrongMethod.status == 405)
                #expect(wrongMethod.header("Allow") == "GET, HEAD, OPTIONS")
            }
        }

        @Test(.timeLimit(.minutes(5))) func `never come of many triggers at once`() async throws {
            try await withService { _, client in
                let ids = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<50 { group.addTask { try await client.start("initial").id } }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                for id in ids { expectSucceeded(try await client.end(of: id)) }
                let jobs: JobListAnswer = try await client.get("/v1/jobs?limit=200")
                #expect(Set(jobs.jobs.map(\.id)) == ids)
                // One after the other: never more than one running and one queued.
                #expect(ids.count <= 50)
            }
        }
    }
}
