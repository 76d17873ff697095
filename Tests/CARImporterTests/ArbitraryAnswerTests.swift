import CARImporter
import ConnectorCore
import MicroHTTP
import OutboundHTTP
import Testing

/// A fixed sequence of numbers, so that a failure can be repeated.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

@Suite struct `Arbitrary answers` {
    private static let valid = [
        #"{"id":"i"}"#, #"{"job_id":"j"}"#, #"{"status":"COMPLETE"}"#, #"{"model_state_id":"1"}"#,
        #"{"incomplete_imports":[{"id":"i"}],"error_imports":[{"id":"i","error":"x","statusCode":500}]}"#,
        #"{"databases":[{"name":"d","graph_name":"","is_ready":true,"collections_without_indexes":["a"]}]}"#,
        #"{"errors":[{"code":"data_mal_formed","message":"m"}]}"#, "<html></html>", "",
        String(repeating: "[", count: 5000),
    ]

    private func answer(_ numbers: inout Numbers) -> HTTPResponse {
        let statuses = [200, 200, 200, 200, 202, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503]
        var body = Array((Self.valid.randomElement(using: &numbers) ?? "").utf8)
        for _ in 0..<Int.random(in: 0...3, using: &numbers) where !body.isEmpty {
            let index = Int.random(in: 0..<body.count, using: &numbers)
            switch Int.random(in: 0...2, using: &numbers) {
            case 0: body[index] = UInt8.random(in: 0...255, using: &numbers)
            case 1: body.removeSubrange(index...)
            default: body.insert(contentsOf: body[index...], at: index)
            }
        }
        let status = statuses.randomElement(using: &numbers) ?? 200
        return HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(body))
    }

    @Test(.timeLimit(.minutes(5)), arguments: 0..<8)
    func `end every call with a result or an error of CAR`(seed: UInt64) async throws {
        try await withCAR(
            configure: {
                $0.importDeadlineSeconds = 0.05
                $0.jobDeadlineSeconds = 0.05
                $0.retry = RetryPolicy(attemptsMax: 2, baseSeconds: 0.001, capSeconds: 0.001, deadlineSeconds: 5)
            },
            answer: { context in
                var numbers = Numbers(state: seed &* 1_000_003 &+ UInt64(context.count) &* 7919)
                for _ in 0..<4 { _ = numbers.next() }
                return self.answer(&numbers)
            }
        ) { client, _ in
            for _ in 0..<10 {
                try await self.endsWell { _ = try await client.prepareDatabase {} }
                try await self.endsWell { _ = try await client.modelStateID() }
                try await self.endsWell { try await client.saveModelStateID("1") }
                try await self.endsWell { try await client.waitForJob(client.requestFullImportStart()) }
                try await self.endsWell { _ = try await client.importObjects(Samples.assets(3), report: Samples.run) }
                try await self.endsWell { _ = try await client.disable(Edge(.userAccount, from: "a", to: "b")) }
                try await self.endsWell { try await client.delete(.asset, keys: ["a", "b", "c,d"]) }
                try await self.endsWell { _ = try await client.requestFullImportEnd() }
            }
            #expect(client.unconfirmedImports == 0)
        }
    }

    /// Passes on whatever is not an error that the job can classify.
    private func endsWell(_ call: () async throws -> Void) async throws {
        do {
            try await call()
        } catch let error as CARError {
            let failure = error.jobFailure
            #expect([10, 20].contains(failure.code))
            #expect(failure.message.unicodeScalars.count < 800)
            #expect(!failure.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }
}
