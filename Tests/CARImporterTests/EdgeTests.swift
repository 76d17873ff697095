import CARImporter
import ConnectorCore
import MicroHTTP
import Testing
import Threading

@Suite struct `Patching an edge` {
    @Test(.timeLimit(.minutes(5))) func `disables it by source and bare keys`() async throws {
        try await withCAR(answer: { _ in .json("{}") }) { client, car in
            let found = try await client.disable(Edge(.ipAddressMACAddress, from: "fe80::1", to: "AA:BB:CC:DD:EE:FF"))
            #expect(found)
            let request = try #require(car.requests.first)
            #expect(request.method == "PATCH")
            #expect(request.path.hasSuffix("/v2/ipaddress_macaddress"))
            #expect(request.query.map(\.name) == ["source", "from", "to"])
            #expect(request.query.map(\.value) == ["Defender", "fe80::1", "AA:BB:CC:DD:EE:FF"])
            #expect(String(decoding: request.body, as: UTF8.self) == #"{"active":false}"#)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `sets its last change in milliseconds`() async throws {
        try await withCAR(answer: { _ in .json("{}") }) { client, car in
            let moment = Timestamp(milliseconds: 1_795_468_209_483)
            try await client.touch(Edge(.assetVulnerability, from: "m", to: "alert"), lastModified: moment)
            let body = String(decoding: try #require(car.requests.first).body, as: UTF8.self)
            #expect(body == #"{"last_modified":1795468209483}"#)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `that CAR does not have says so`() async throws {
        try await withCAR { client, _ in
            let disabled = try await client.disable(Edge(.userAccount, from: "a", to: "a"))
            let touched = try await client.touch(
                Edge(.userAccount, from: "a", to: "a"), lastModified: Timestamp(milliseconds: 1))
            #expect(!disabled)
            #expect(!touched)
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [("x", 200_000), ("\n", 10 << 20), ("a\0b", 1)])
    func `whose name fits no URL asks for an initial import`(text: String, count: Int) async throws {
        // Made here, because the log shows the arguments.
        let name = String(repeating: text, count: count)
        try await withCAR(answer: { _ in .json("{}") }) { client, car in
            let edge = Edge(.assetAccount, from: "m", to: name)
            let error = try await #require(throws: CARError.self) { try await client.disable(edge) }
            #expect(error.reason == .unaddressableKey)
            // A recoverable one would come again on every run.
            #expect(error.jobFailure.class == .unrecoverable && error.jobFailure.code == 20)
            #expect(error.description.utf8.count < 500)
            #expect(car.requests.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `carries hostile ids unchanged`() async throws {
        try await withCAR(answer: { _ in .json("{}") }) { client, car in
            // A NUL is encoded like the rest, but the test's server refuses it.
            let ids = Samples.hostile.filter { !$0.utf8.contains(0) }
            for id in ids { try await client.disable(Edge(.userAccount, from: id, to: id + "/to")) }
            #expect(car.requests.map { $0.queryValue("from") } == ids)
            #expect(car.requests.map { $0.queryValue("to") } == ids.map { $0 + "/to" })
            #expect(car.requests.allSatisfy { $0.query.count == 3 })
        }
    }

    @Test(.timeLimit(.minutes(5))) func `takes a web page and cut JSON for no success, and any other body for one`()
        async throws
    {
        try await withCAR(answer: { _ in .html() }) { client, _ in
            let error = await carError { try await client.disable(Edge(.userAccount, from: "a", to: "a")) }
            #expect(error?.reason == .malformedReply)
        }
        try await withCAR(answer: { _ in .json(#"{"value":["#) }) { client, _ in
            let error = await carError { try await client.disable(Edge(.userAccount, from: "a", to: "a")) }
            #expect(error?.reason == .malformedReply)
        }
        try await withCAR(answer: { _ in .json("OK") }) { client, car in
            let found = try await client.disable(Edge(.userAccount, from: "a", to: "a"))
            #expect(found)
            #expect(car.requests.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `fails where CAR refuses`() async throws {
        try await withCAR(answer: { _ in .json("{}", status: 422) }) { client, _ in
            let error = await carError { try await client.disable(Edge(.userAccount, from: "a", to: "a")) }
            #expect(error?.reason == .rejected(status: 422))
            #expect(error?.operation == "PATCH user_account")
            #expect(error?.jobFailure.code == 20)
        }
    }
}

@Suite struct `Deleting vertices` {
    @Test(.timeLimit(.minutes(5))) func `names them by external id or by key`() async throws {
        try await withCAR(answer: { _ in .json("{}") }) { client, car in
            try await client.delete(.asset, keys: ["a b", "c&d"])
            try await client.delete(.ipaddress, keys: ["fe80::1"])
            try await client.delete(.hostname, keys: ["h"])
            try await client.delete(.macaddress, keys: ["AA:BB:CC:DD:EE:FF"])
            #expect(car.requests.allSatisfy { $0.method == "DELETE" })
            #expect(
                car.requests.map(\.path) == [
                    "/api/car/v2/source/Defender/asset", "/api/car/v2/source/Defender/ipaddress",
                    "/api/car/v2/source/Defender/hostname", "/api/car/v2/source/Defender/macaddress",
                ])
            #expect(car.requests.flatMap { $0.query.map(\.name) } == ["external_ids", "keys", "keys", "keys"])
            #expect(car.requests.first?.queryValue("external_ids") == "a b,c&d")
        }
    }

    @Test(.timeLimit(.minutes(5))) func `asks for nothing where there is nothing to delete`() async throws {
        try await withCAR { client, car in
            try await client.delete(.asset, keys: [])
            try await client.delete(.asset, keys: [""])
            #expect(car.requests.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(5))) func `passes over those that CAR does not have and deletes the rest`() async throws {
        let keys = (0..<200).map { "machine-\($0)" }
        let deleted = Locked<Set<String>>([])
        try await withCAR(answer: { context in
            let ids = (context.request.queryValue("external_ids") ?? "").split(separator: ",").map(String.init)
            if ids.contains("machine-7") || ids.contains("machine-150") { return .json("{}", status: 404) }
            deleted.withLock { $0.formUnion(ids) }
            return .json("{}")
        }) { client, _ in
            try await client.delete(.asset, keys: keys)
            #expect(deleted.withLock { $0 } == Set(keys).subtracting(["machine-7", "machine-150"]))
        }
    }

    @Test(.timeLimit(.minutes(5))) func `fails where CAR refuses`() async throws {
        try await withCAR(answer: { _ in .json("{}", status: 401) }) { client, _ in
            let error = await carError { try await client.delete(.asset, keys: ["a"]) }
            #expect(error?.jobFailure.code == 10)
        }
    }
}
