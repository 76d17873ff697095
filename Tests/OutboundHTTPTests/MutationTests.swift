import OutboundHTTP
import TestNumbers
import Testing
import Threading

@Suite struct `Mutated answers` {
    private static let seeds = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 3\r\n\r\nhello",
        "HTTP/1.1 429 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nX: y\r\n folded\r\n\r\n",
        "HTTP/1.0 200\r\nContent-Encoding: gzip\r\nContent-Type: a\r\n\r\n\u{1f}\u{8b}",
    ]

    /// A seed with a few changes, which follow from the number at the end of the request's path: not from the order in
    /// which the connections come.
    private static func answer(to line: String) -> [UInt8] {
        let number = line.split(separator: " ").dropFirst().first?.split(separator: "/").last.flatMap { UInt64($0) }
        var random = SeededGenerator(seed: TestSeed.value &+ (number ?? 0))
        var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            default: bytes.removeLast(min(bytes.count, .random(in: 1...8, using: &random)))
            }
        }
        return bytes
    }

    @Test(.timeLimit(.minutes(5))) func `end as an answer or an error, and the worker lives on`() async throws {
        let server = try RawServer { connection, request in
            if request.line.contains("/sane") {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                return true
            }
            connection.send(Mutated.answer(to: request.line))
            return false
        }
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 2))
        for number in 0..<600 {
            var request = OutboundRequest(.get, url: server.url + "/mutated/\(number)")
            request.deadlineSeconds = 5
            do {
                let answer = try await client.send(request)
                _ = RetryPolicy().decision(attempt: 1, elapsedSeconds: 0, outcome: .answer(answer))
                #expect(answer.body.count < 1000, "TEST_SEED=\(TestSeed.value), \(number)")
                let length = answer.header("content-length") ?? ""
                #expect(length.utf8.count < 1000, "TEST_SEED=\(TestSeed.value), \(number)")
            } catch let error as OutboundError {
                #expect(error != .cancelled, "TEST_SEED=\(TestSeed.value), \(number)")
            }
            guard number % 20 == 0 else { continue }
            let sane = try await client.send(OutboundRequest(.get, url: server.url + "/sane"))
            #expect(sane.body == Array("ok".utf8), "TEST_SEED=\(TestSeed.value), \(number)")
        }
    }

    @Test func `a folded first header line does no harm on a connection used before`() async throws {
        let server = try RawServer { connection, request in
            let odd = request.line.contains("/folded") ? " folded: \(String(repeating: "f", count: 300))\r\n" : ""
            connection.send("HTTP/1.1 200 OK\r\n\(odd)Content-Length: 2\r\nX-Last: \(odd.count)\r\n\r\nok")
            return true
        }
        let client = HTTPClient(configuration: HTTPClientConfiguration(workers: 1))
        for number in 0..<200 {
            let path = number % 2 == 0 ? "/plain" : "/folded"
            let answer = try? await client.send(OutboundRequest(.get, url: server.url + path))
            // A folded line may end as an error, but spoils no other answer.
            #expect(answer?.body == Array("ok".utf8) || answer == nil && number % 2 == 1, "\(path) \(number)")
        }
        #expect(try await client.send(OutboundRequest(.get, url: server.url + "/plain")).status == 200)
    }

    private typealias Mutated = `Mutated answers`
}
