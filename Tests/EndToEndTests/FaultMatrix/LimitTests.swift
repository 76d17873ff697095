import DefenderFetcher
import OutboundHTTP
import Sandbox
import Testing

extension `End to end` {
    @Suite struct `Limits of Microsoft` {
        /// The least seconds for so many calls at 100 a minute and 1,500 an hour.
        private static func leastSeconds(_ calls: Int) -> Double {
            let last = max(0, calls - 1)
            return Double(last / 1500 * 3600 + last % 1500 / 100 * 60)
        }

        @Test(.timeLimit(.minutes(10)))
        func `are never passed by an import of 10,000 machines, which takes no longer than they demand`() async throws {
            let world = try LimitedWorld(machines: 10_000, remembersCalls: false)
            defer { world.end() }
            try await world.leaping { try await world.run() }

            world.expectNothingThrottled()
            let counters = world.sandbox.defender.counters
            let calls = counters["logonusers"].calls
            let least = Self.leastSeconds(calls)
            #expect(calls > 9000)
            #expect(world.time.now <= least * 1.05, "\(world.time.now) s, at least \(least) s")
            #expect(world.differences().isEmpty)

            let told = world.told
            let forecast = try #require(told.compactMap(\.progress.forecast).last)
            #expect(abs(forecast.calls.logonUsers - calls) <= calls / 100)
            #expect(abs(forecast.calls.machines - counters["machines"].calls) <= 1)
            #expect(abs(forecast.calls.hunting - counters["hunting"].calls) <= counters["hunting"].calls / 5)
            #expect(abs(Double(forecast.seconds) - world.time.now) <= world.time.now * 0.05)
            // While it waits, the job says how long it still takes, to the hour in which the limits count, and until when
            // nothing happens.
            let estimates = told.filter { $0.progress.phase == .details && $0.progress.machines.done < 9000 }
            #expect(estimates.count > 10)
            for (moment, progress) in estimates {
                let left = world.time.now - moment
                let estimate = try #require(progress.etaSeconds)
                #expect(abs(Double(estimate) - left) <= 3600, "\(estimate) s told, \(left) s left")
            }
            #expect(told.contains { $0.progress.waitingUntil != nil })
        }

        @Test(.timeLimit(.minutes(10)))
        func `are kept by a process that follows one that died in the middle of an hour`() async throws {
            let world = try LimitedWorld(machines: 2000, remembersCalls: true)
            defer { world.end() }
            try await world.leaping {
                let first = Task { try await world.run() }
                try await poll(until: "a part of the second hour's calls", within: .seconds(300)) {
                    world.sandbox.defender.counters["logonusers"].calls > 1600
                }
                first.cancel()
                await #expect(throws: CancellationError.self) { try await first.value }
                // All that it knows of the calls before is in the database.
                try await world.run()
            }
            world.expectNothingThrottled()
            let least = Self.leastSeconds(world.sandbox.defender.counters["logonusers"].calls)
            #expect(world.time.now <= least * 1.05, "\(world.time.now) s, at least \(least) s")
            #expect(world.differences().isEmpty)
        }
    }
}
