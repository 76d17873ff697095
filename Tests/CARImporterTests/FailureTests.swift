import CARImporter
import ConnectorCore
import Foundation
import MicroHTTP
import OutboundHTTP
import Testing

@Suite struct `A failing call` {
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (302, 10), (400, 10), (401, 10), (403, 10), (408, 10), (500, 10), (503, 10), (504, 10), (404, 20),
            (409, 20),
            (413, 20), (422, 20), (429, 20), (502, 20), (301, 20), (307, 20),
        ]) func `has the class that its status means`(status: Int, code: Int) async throws
    {
        try await withCAR(
            configure: { $0.importDeadlineSeconds = 0.5 },
            answer: { $0.route == "POST /imports" ? .json("{}", status: status) : nil }
        ) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .rejected(status: status))
            #expect(error?.jobFailure.code == code)
            #expect(error?.jobFailure.class == (code == 10 ? .recoverable : .unrecoverable))
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [(400, 1), (401, 1), (404, 1), (302, 1), (403, 6), (429, 6), (500, 6), (503, 6)])
    func `is repeated as often as its status deserves`(status: Int, attempts: Int) async throws {
        try await withCAR(
            configure: { $0.importDeadlineSeconds = 0 },
            answer: { $0.route == "POST /imports" ? .json("{}", status: status) : nil }
        ) { client, car in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            #expect(error?.reason == .rejected(status: status))
            #expect(car.count("POST /imports") == attempts)
            #expect(client.requestCount == attempts)
        }
    }

    /// What the connector framework waits in all is 70 s.
    @Test func `is repeated for a minute by default`() throws {
        var retry = try CARSettings(
            baseURL: "http://127.0.0.1", authorization: .basic(key: Secret("k"), password: Secret("p")), source: "s"
        ).retry
        func pauses(drawing draw: Double) -> Double {
            retry.random = { draw }
            var seconds = 0.0
            for attempt in 1...100 {
                let decision = retry.decision(
                    attempt: attempt, elapsedSeconds: seconds, outcome: .failure(.unreachable("x")))
                guard case .retry(let pause) = decision else { break }
                seconds += pause
            }
            return seconds
        }
        #expect(pauses(drawing: 0) > 40)
        #expect((60...100).contains(pauses(drawing: 1)))
    }

    /// In a process of its own, since the environment is the whole process's.
    @Test(.timeLimit(.minutes(5))) func `shows no credentials of a proxy that repeats them`() async throws {
        await #expect(processExitsWith: .success) {
            setenv("HTTPS_PROXY", "http://user:proxy%2Fpass@127.0.0.1:9", 1)
            let said = Data("user:proxy/pass".utf8).base64EncodedString() + " proxy/pass"
            try await withCAR(answer: { _ in .json(#"{"message":"Basic \#(said)"}"#, status: 404) }) { client, _ in
                let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
                #expect(error?.detail == "Basic <redacted> <redacted>")
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func `says what CAR said, shortened`() async throws {
        let long = String(repeating: "long ", count: 500)
        let body = #"{"errors":[{"code":"data_mal_formed","message":"row 7\u0000\n\u2028 the-password \#(long)"}]}"#
        try await withCAR(answer: { $0.route == "POST /imports" ? .json(body, status: 400) : nil }) { client, _ in
            let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
            let detail = error?.detail ?? ""
            #expect(detail.hasPrefix("data_mal_formed: row 7 <redacted> long long"))
            #expect(detail.unicodeScalars.count <= 300)
            #expect(error?.description.contains("POST imports") == true)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `tells which settings hold rejected credentials, and never the credentials`()
        async throws
    {
        try await withCAR(answer: { _ in .json(#"{"message":"bad the-key"}"#, status: 401) }) { client, _ in
            let error = await carError { _ = try await client.modelStateID() }
            let message = error?.jobFailure.message ?? ""
            #expect(message.contains("CAR_SERVICE_PASSWORD"))
            #expect(message.contains("CAR_SERVICE_AUTHTOKEN"))
            #expect(!message.contains("the-key"))
            #expect(error?.jobFailure.retryable == false)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `names host and port of a CAR that is not there`() async throws {
        let car = try ScriptedCAR()
        defer { car.stop() }
        // Not a port that was given back: another test may have it by now.
        let settings = try CARSettings.quick(car.baseURL.replacingOccurrences(of: "127.0.0.1", with: "127.0.0.2"))
        let client = CARClient(settings: settings)
        let error = await carError { try await client.importObjects(Samples.assets(1), report: Samples.run) }
        #expect(error?.reason == .unreachable)
        #expect(error?.jobFailure.code == 10)
        #expect(error?.detail?.contains("127.0.0.2:") == true)
    }

    @Test(.timeLimit(.minutes(5))) func `that answers with a web page is no answer of CAR`() async throws {
        try await withCAR(answer: { _ in .html() }) { client, _ in
            let error = await carError { _ = try await client.modelStateID() }
            #expect(error?.reason == .malformedReply)
            #expect(error?.detail == "status 200 with a web page")
            #expect(error?.jobFailure.code == 10)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `ends at once when its task is cancelled`() async throws {
        let asked = AsyncStream<Void>.makeStream()
        try await withCAR(answer: { _ in
            asked.continuation.yield()
            return .never
        }) { client, _ in
            let caller = Task { try await client.prepareDatabase {} }
            var questions = asked.stream.makeAsyncIterator()
            await questions.next()
            caller.cancel()
            let result = await caller.result
            #expect(throws: CancellationError.self) { try result.get() }
        }
    }
}
