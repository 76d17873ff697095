import Testing
import Threading

@testable import ConnectorCore

@Suite(.timeLimit(.minutes(5))) struct `Vertices on their way` {
    private let a = VertexID(1)
    private let b = VertexID(2)
    private let c = VertexID(3)

    @Test func `are claimed by one batch until it is released`() {
        let flights = VertexFlights()
        #expect(flights.claim([a, b], for: 1) == [a, b])
        #expect(flights.claim([b, c], for: 2) == [c])
        flights.confirm(1)
        #expect(flights.claim([b], for: 3) == [])
        flights.release(1)
        #expect(flights.claim([b], for: 4) == [b])
    }

    @Test func `are waited for until their batch is confirmed`() async throws {
        let flights = VertexFlights()
        _ = flights.claim([a], for: 1)
        let isConfirmed = Locked(false)
        async let waited: Bool = {
            try await flights.wait(for: [a])
            return isConfirmed.withLock { $0 }
        }()
        isConfirmed.withLock { $0 = true }
        flights.confirm(1)
        #expect(try await waited)
    }

    @Test func `are not waited for where nobody sends them`() async throws {
        let flights = VertexFlights()
        _ = flights.claim([a], for: 1)
        flights.confirm(1)
        try await flights.wait(for: [a, b, c], of: [1, 9])
        flights.release(1)
        try await flights.wait(for: [a], of: [1])
    }

    @Test func `fail with the batch that carried them`() async {
        let flights = VertexFlights()
        _ = flights.claim([a], for: 1)
        struct Broken: Error {}
        flights.fail(Broken())
        await #expect(throws: Broken.self) { try await flights.wait(for: [a]) }
    }

    @Test func `take their descriptions from one batch`() async throws {
        let flights = VertexFlights()
        let first = flights.claimTexts(["CVE-1", "CVE-2"], for: 1)
        #expect(first.own == ["CVE-1", "CVE-2"] && first.others.isEmpty)
        let second = flights.claimTexts(["CVE-2", "CVE-3"], for: 2)
        #expect(second.own == ["CVE-3"] && second.others == [1])
        // The claim of vertices that follows keeps that of texts.
        _ = flights.claim([a], for: 1)
        flights.confirm(1)
        try await flights.wait(for: [], of: second.others)
        flights.release(1)
        #expect(flights.claimTexts(["CVE-2"], for: 3).own == ["CVE-2"])
    }
}
