import CARImporter
import DefenderFetcher
import OutboundHTTP
import Testing

@testable import ConnectorCore

/// The clients as the program makes them.
@Suite struct `Calls within a run` {
    @Test func `are made with its patience, and others with none`() async throws {
        let car = try CARSettings(
            baseURL: "https://car.example/api/car/v2", authorization: .basic(key: Secret("k"), password: Secret("p")),
            source: "s")
        let policies = [DefenderClient.defaultRetry, car.retry]
        let start = Timestamp(milliseconds: 1_795_468_209_483)
        let patience = RunPatience(startedAt: start, now: { start.adding(seconds: 3600) })
        RunPatience.$current.withValue(patience) { #expect(policies.map { $0.patienceSeconds() } == [360, 360]) }
        #expect(policies.map { $0.patienceSeconds() } == [0, 0])
    }
}
