import CARImporter
import ConnectorCore
import Foundation
import MicroHTTP
import Testing

@Suite struct `The save point` {
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (#"{"model_state_id":"1795"}"#, "1795"), (#"{"model_state_id":""}"#, nil),
            (#"{"model_state_id":null}"#, nil),
            (#"{"name":"x"}"#, nil),
            (#"{"model_state_id":"17\u200B95"}"#, "not a time: 1795"),
            (#"{"model_state_id":"\u202ea\n\u001b[31m<b>"}"#, "not a time: a [31m<b>"),
            (
                #"{"model_state_id":"\#(String(repeating: "0", count: 1_000_000))"}"#,
                "not a time: \(String(repeating: "0", count: 39))…"
            ),
        ] as [(String, String?)]) func `is read from the source`(body: String, expected: String?) async throws
    {
        try await withCAR(answer: { $0.route == "GET /source/Defender" ? .json(body) : nil }) { client, _ in
            let id = try await client.modelStateID()
            #expect(id == expected)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `of a source that CAR does not have is none`() async throws {
        try await withCAR { client, car in
            let id = try await client.modelStateID()
            #expect(id == nil)
            #expect(car.count("GET /source/Defender") == 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `that can't be read is an error and not none`() async throws {
        let answers: [HTTPResponse] = [.html(), .json("[]"), .json(#"{"model_state_id":5}"#), .json("{}", status: 500)]
        for answer in answers {
            try await withCAR(answer: { _ in answer }) { client, _ in
                let error = await carError { _ = try await client.modelStateID() }
                #expect(error != nil)
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func `is written to the source by its key`() async throws {
        try await withCAR(source: "a+b%c", answer: { $0.route == "PATCH /source" ? .json("{}") : nil }) { client, car in
            try await client.saveModelStateID("17\"95")
            let request = try #require(car.requests.first)
            #expect(request.queryValue("key") == "a+b%c")
            let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
            #expect(body == ["model_state_id": "17\"95"])
        }
    }

    @Test(.timeLimit(.minutes(5))) func `is clear already where there is no source`() async throws {
        try await withCAR { client, _ in
            try await client.saveModelStateID("")
            let error = await carError { try await client.saveModelStateID("1") }
            #expect(error?.reason == .rejected(status: 404))
        }
    }
}
