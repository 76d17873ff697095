import CARImporter
import ConnectorCore
import MicroHTTP
import Testing

@Suite struct `A job of CAR` {
    @Test(.timeLimit(.minutes(5))) func `is waited for through every answer that says nothing`() async throws {
        let answers: [HTTPResponse] = [
            .json(#"{"status":"RUNNING"}"#), .json("{}"), .html(), .json("{}", status: 500), .json("{}", status: 401),
            .json("{}", status: 404), .json(#"{"status":7}"#), .json(#"{"status":"complete?"}"#),
        ]
        try await withCAR(answer: { context in
            guard context.route == "GET /jobstatus/a%2Fb%20c" else { return nil }
            return context.count <= answers.count ? answers[context.count - 1] : .json(#"{"status":"COMPLETE"}"#)
        }) { client, car in
            try await client.waitForJob("a/b c")
            #expect(car.requests.count == answers.count + 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `that ends with ERROR fails recoverably`() async throws {
        try await withCAR(answer: { _ in .json(#"{"status":"ERROR"}"#) }) { client, car in
            let error = await carError { try await client.waitForJob("j-1") }
            #expect(error?.reason == .jobFailed)
            #expect(error?.jobFailure.code == 10)
            #expect(error?.detail == "job j-1")
            #expect(car.requests.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `that does not end within the deadline fails and says what was answered`()
        async throws
    {
        try await withCAR(
            configure: { $0.jobDeadlineSeconds = 0.1 }, answer: { _ in .json("{}", status: 503) }
        ) { client, _ in
            let error = await carError { try await client.waitForJob("j-1") }
            #expect(error?.reason == .jobUnfinished)
            #expect(error?.jobFailure.code == 10)
            #expect(error?.detail?.contains("503") == true)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `is started and ended for the full import session of the source`() async throws
    {
        let path = "/source/it%27s%25x/full-import-in-progress"
        try await withCAR(
            source: "it's%x",
            answer: { context in
                switch context.route {
                case "POST \(path)": .json(#"{"job_id":12}"#)
                case "DELETE \(path)": .json(#"{"job_id":"end"}"#, status: 202)
                default: nil
                }
            }
        ) { client, car in
            let start = try await client.requestFullImportStart()
            let end = try await client.requestFullImportEnd()
            #expect(start == "12")
            #expect(end == "end")
            #expect(car.requests.map { $0.headers["Content-Type"] } == ["application/json", "application/json"])
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [(500, 1), (502, 1), (403, 6), (408, 1), (504, 1), (429, 6), (503, 6)])
    func `is asked for again only where CAR surely did not start it`(status: Int, attempts: Int) async throws {
        try await withCAR(answer: { _ in .json("{}", status: status) }) { client, car in
            let start = await carError { _ = try await client.requestFullImportStart() }
            #expect(start?.reason == .rejected(status: status))
            #expect(car.requests.count == attempts)
            let end = await carError { _ = try await client.requestFullImportEnd() }
            #expect(end?.reason == .rejected(status: status))
            #expect(car.requests.count == 2 * attempts)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `is asked for once where CAR closes the connection without an answer`()
        async throws
    {
        try await withCAR(answer: { context in
            context.route.hasSuffix("full-import-in-progress") ? HTTPResponse(status: 200, body: .abort) : nil
        }) { client, car in
            // Leaves a connection behind, over which curl would send a request once more.
            _ = try await client.modelStateID()
            let start = await carError { _ = try await client.requestFullImportStart() }
            #expect(start?.jobFailure.code == 10)
            _ = try await client.modelStateID()
            let end = await carError { _ = try await client.requestFullImportEnd() }
            #expect(end?.jobFailure.code == 10)
            #expect(car.requests.count { $0.path.hasSuffix("full-import-in-progress") } == 2)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "{}", #"{"job_id":""}"#, #"{"job_id":"."}"#, #"{"job_id":".."}"#, #"{"job_id":null}"#, "<html>",
        ])
    func `without an id is no job`(body: String) async throws {
        try await withCAR(answer: { _ in .json(body) }) { client, _ in
            let error = await carError { _ = try await client.requestFullImportStart() }
            #expect(error?.reason == .malformedReply)
        }
    }
}
