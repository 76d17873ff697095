import ConnectorCore
import Foundation
import Testing

@testable import CARImporter

@Suite struct `An envelope` {
    private func settings(_ configure: (inout CARSettings) -> Void = { _ in }) throws -> CARSettings {
        try .quick("http://127.0.0.1/api/car/v2", configure: configure)
    }

    private func envelopes(
        _ objects: GraphObjects, _ configure: (inout CARSettings) -> Void = { _ in }
    ) async throws -> [Envelope] {
        let source = EnvelopeSource(objects, settings: try settings(configure), run: Samples.run)
        var envelopes: [Envelope] = []
        while let envelope = await source.next() { envelopes.append(envelope) }
        return envelopes
    }

    @Test func `holds every collection as the schema demands`() async throws {
        let all = try await envelopes(GraphObjects(vertices: Samples.vertices, edges: Samples.edges))
        #expect(all.count == 1)
        let check = EnvelopeCheck(try #require(all.first).body)
        #expect(check.problems == [])
        #expect(check.objects.count == VertexCollection.allCases.count + EdgeKind.allCases.count)
        #expect(check.objects.values.map(\.count).reduce(0, +) == all[0].objects)
        #expect(check.source["_key"] as? String == "Defender")
        #expect(check.report["_key"] as? String == "1795468209483")
        #expect(check.report["timestamp"] as? Int64 == 1_795_468_209_483)
    }

    @Test func `names the ends of an edge by external id or by collection and key`() async throws {
        let all = try await envelopes(GraphObjects(edges: Samples.edges))
        let objects = EnvelopeCheck(try #require(all.first).body).objects
        let joined = try #require(objects["ipaddress_macaddress"]?.first)
        #expect(joined["_from"] as? String == "ipaddress/10.0.0.7")
        #expect(joined["_to"] as? String == "macaddress/AA:BB:CC:DD:EE:FF")
        #expect(objects["account_hostname"]?.first?["_from_external_id"] as? String == "alice")
        #expect(objects["account_hostname"]?.first?["_to"] as? String == "hostname/pc-1.example.com")
        #expect(objects["asset_vulnerability"]?.first?["_to_external_id"] as? String == "CVE-2026-0001")
        #expect(joined["active"] as? Bool == true)
        #expect(joined["source"] as? String == "Defender")
        #expect(joined["report"] as? String == Samples.run.key)
        #expect(joined["timestamp"] as? Int64 == Samples.run.startedAt.milliseconds)
    }

    @Test func `leaves out fields without a value`() async throws {
        let all = try await envelopes(GraphObjects(vertices: Samples.vertices))
        let objects = EnvelopeCheck(try #require(all.first).body).objects
        let bare = try #require(objects["vulnerability"]?[1])
        #expect(Set(bare.keys) == ["external_id", "name"])
        #expect(objects["asset"]?[1]["name"] as? String == "without-name")
        #expect(objects["application"]?[0]["is_os"] as? Bool == true)
        #expect(objects["application"]?[1]["is_os"] == nil)
        let text = String(decoding: try #require(all.first).body, as: UTF8.self)
        #expect(!text.contains("null"))
        #expect(text.contains("\"base_score\":9.8}"))
        #expect(text.contains("\"base_score\":8}"))
    }

    @Test func `leaves out a score that is not a number`() async throws {
        for score in [Double.nan, .infinity, -.infinity] {
            let all = try await envelopes(GraphObjects(vertices: [Vertex(.vulnerability, "CVE", baseScore: score)]))
            let check = EnvelopeCheck(try #require(all.first).body)
            #expect(check.problems == [])
            #expect(check.objects["vulnerability"]?.first?["base_score"] == nil)
        }
    }

    @Test func `carries hostile strings unchanged`() async throws {
        let vertices = Samples.hostile.map { Vertex(.asset, $0, name: $0, description: $0) }
        let all = try await envelopes(GraphObjects(vertices: vertices))
        let check = EnvelopeCheck(try #require(all.first).body)
        #expect(check.problems == [])
        let read = (check.objects["asset"] ?? []).map { $0["description"] as? String ?? "missing" }
        #expect(read.map { Array($0.utf8) } == Samples.hostile.map { Array($0.utf8) })
    }

    @Test func `without objects is source and report alone`() async throws {
        let all = try await envelopes(GraphObjects())
        #expect(all.map(\.objects) == [0])
        let check = EnvelopeCheck(try #require(all.first).body)
        #expect(check.problems == [])
        #expect(check.objects.isEmpty)
    }

    @Test(arguments: [0, 1, 2, 3, 9, 10, 11, 30]) func `holds at most the set number of objects`(count: Int)
        async throws
    {
        let all = try await envelopes(Samples.assets(count)) { $0.objectsPerEnvelopeMax = 10 }
        #expect(all.count == max(1, (count + 9) / 10))
        #expect(all.allSatisfy { $0.objects <= 10 })
        let ids = all.flatMap { EnvelopeCheck($0.body).objects["asset"] ?? [] }.compactMap {
            $0["external_id"] as? String
        }
        #expect(ids == (0..<count).map { "asset-\($0)" })
    }

    @Test func `holds at most the set number of bytes`() async throws {
        let vertices = (0..<100).map { number in
            Vertex(
                number % 2 == 0 ? .asset : .user, "\(number)",
                description: String(repeating: "\u{1}", count: number * 5))
        }
        let all = try await envelopes(GraphObjects(vertices: vertices)) { $0.envelopeBytesMax = 5000 }
        #expect(all.count > 5)
        #expect(all.allSatisfy { $0.body.count <= 5000 })
        #expect(all.map(\.objects).reduce(0, +) == 100)
        #expect(all.allSatisfy { EnvelopeCheck($0.body).problems.isEmpty })
    }

    @Test func `takes an object that is larger than an envelope alone`() async throws {
        let large = Vertex(.asset, "large", description: String(repeating: "x", count: 10_000))
        let vertices = [Vertex(.asset, "a"), large, Vertex(.asset, "b")]
        let all = try await envelopes(GraphObjects(vertices: vertices)) { $0.envelopeBytesMax = 2000 }
        #expect(all.map(\.objects) == [1, 1, 1])
    }

    @Test func `escapes a source name that holds a quotation mark's neighbours`() throws {
        let source = "it's%20(a):b;c!d@e=f,g$h*i+j.k-l_m"
        var writer = EnvelopeWriter(try .quick("http://127.0.0.1/api/car/v2", source: source), run: Samples.run)
        #expect(EnvelopeCheck(writer.finish().body).source["_key"] as? String == source)
    }
}

@Suite struct `A JSON number` {
    private func text(_ value: Double) -> String {
        var json = JSONBytes()
        json.number(value)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test func `is the shortest decimal, without exponent`() {
        let expected: [(Double, String)] = [
            (9.8, "9.8"), (10, "10"), (0, "0"), (-0.0, "0"), (0.1, "0.1"), (1e-5, "0.00001"), (1.5e-7, "0.00000015"),
            (-2.5e-9, "-0.0000000025"), (1e16, "10000000000000000"), (1.25e18, "1250000000000000000"), (7.0, "7"),
        ]
        for (value, digits) in expected { #expect(text(value) == digits) }
    }

    @Test func `reads back as the same number`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(text(value)) == value)
            #expect(!text(value).contains("e"))
        }
        for value in [Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi] {
            #expect(Double(text(value)) == value)
        }
    }
}
