import Testing

@testable import ConnectorCore

@Suite struct `Patience` {
    private static let start = Timestamp(milliseconds: 1_795_468_209_483)

    private static func seconds(ofRunThatBeganBefore seconds: Int64) async -> Double {
        let patience = RunPatience(startedAt: start, now: { start.adding(seconds: seconds) })
        return await RunPatience.$current.withValue(patience) {
            // As the clients ask: somewhere below the run's task.
            await withTaskGroup(of: Double.self) { group in
                group.addTask { RunPatience.seconds() }
                return await group.next() ?? -1
            }
        }
    }

    @Test(arguments: [(0, 0.0), (9, 0.9), (600, 60), (3600, 360), (9000, 900), (90_000, 900), (-5, 0)])
    func `is a tenth of the run's age, at most a quarter of an hour`(age: Int64, expected: Double) async {
        #expect(await Self.seconds(ofRunThatBeganBefore: age) == expected)
    }

    @Test func `is none outside of a run`() {
        #expect(RunPatience.seconds() == 0)
    }
}
