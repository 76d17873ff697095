import Foundation
import Sandbox
import TestNumbers
import TestSockets
import Testing

extension `End to end` {
    /// The process dies or is stopped in the middle of a run.
    @Suite struct Restarts {
        /// Moments of death per test: a few in every run, more with `DEFENDER_CAR_KILLS`.
        static let kills = ProcessInfo.processInfo.environment["DEFENDER_CAR_KILLS"].flatMap(Int.init) ?? 6

        private static let options = SandboxOptions.small(machines: 400, rows: 10, alerts: 40) {
            $0.carDelayMillisecondsMaximum = 30
        }

        @Test(.timeLimit(.minutes(10)), arguments: 0..<kills)
        func `kill -9 at any moment of an initial import loses and repeats nothing`(number: Int) async throws {
            var generator = SeededGenerator(seed: UInt64(number + 1))
            try await withScenario(Self.options) { scenario in
                var (service, client) = try await scenario.start()
                let job = try await client.start("initial")
                try await killAfterRandomRequests(service, scenario, upTo: 420, using: &generator)
                (service, client) = try await scenario.start()
                let ended = try await client.end(of: job.id)
                expectSucceeded(ended, effectiveKind: "initial")
                scenario.expectRightGraph("kill \(number)")
                let car = scenario.sandbox.car.counters
                #expect(car.sessionsLeft == [Scenario.source: 1], "kill \(number)")
                #expect(car.sessionsReentered == 0, "kill \(number)")
                #expect(car.sessionsLeftEarly == 0, "kill \(number)")
                // Three batches are in flight at most; what was confirmed before is not asked for again.
                #expect(scenario.sandbox.defender.counters["logonusers"].calls <= 2 * 400, "kill \(number)")
            }
        }

        @Test(.timeLimit(.minutes(10)), arguments: 0..<kills)
        func `kill -9 at any moment of an incremental run leaves CAR true`(number: Int) async throws {
            var generator = SeededGenerator(seed: UInt64(1000 + number))
            try await withScenario(Self.options) { scenario in
                var (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                scenario.changeEverything()
                let job = try await client.start("incremental")
                try await killAfterRandomRequests(service, scenario, upTo: 120, using: &generator)
                (service, client) = try await scenario.start()
                expectSucceeded(try await client.end(of: job.id), effectiveKind: "incremental")
                scenario.expectRightGraph("kill \(number)", allowsLooseVertices: true)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `SIGTERM puts the job back and ends with code 0`() async throws {
            try await withScenario(Self.options) { scenario in
                var (service, client) = try await scenario.start()
                let job = try await client.start("initial")
                try await poll(until: "batches on their way", every: .milliseconds(2)) { scenario.requests > 100 }
                service.terminate()
                #expect(try await service.waitForExit(within: .seconds(10)) == ServiceProcess.Exit(code: 0))
                #expect(service.standardError.contains(#""message":"stopping""#))
                #expect(service.standardError.contains(#""message":"stopped""#))
                (service, client) = try await scenario.start()
                let ended = try await client.end(of: job.id)
                expectSucceeded(ended, attempt: 2)
                scenario.expectRightGraph()
                #expect(scenario.sandbox.car.counters.sessionsEntered == [Scenario.source: 1])
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
            }
        }

        @Test(.timeLimit(.minutes(2))) func `SIGTERM tells open connections at once that it drains`() async throws {
            try await withScenario { scenario in
                let (service, client) = try await scenario.start()
                let port = UInt16(try #require(URLComponents(string: client.base)?.port))
                let (probe, caller) = try (SocketClient(port: port), SocketClient(port: port))
                try probe.send("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                #expect(try probe.take(to: "ready\n").hasPrefix("HTTP/1.1 200 "))
                try caller.send(
                    "POST /v1/imports/initial HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                // The service has read the head, and waits for the body while it stops.
                _ = try caller.take(to: "HTTP/1.1 100 Continue\r\n\r\n")
                service.terminate()
                try await poll(until: "the stop") { service.standardError.contains(#""message":"stopping""#) }

                try probe.send("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                let unready = try probe.take(to: "not ready: draining\n")
                #expect(unready.hasPrefix("HTTP/1.1 503 "))
                #expect(unready.contains("\r\nRetry-After: "))
                try caller.send("{}")
                let refused = try caller.take(to: "}")
                #expect(refused.hasPrefix("HTTP/1.1 503 "))
                #expect(refused.contains("\r\nRetry-After: "))
                #expect(refused.contains(#""code":"draining""#))
                #expect(try await service.waitForExit(within: .seconds(10)).code == 0)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `cancel takes effect within two seconds, also while CAR is slow`()
            async throws
        {
            let options = SandboxOptions.small(machines: 40) { $0.carDelayMillisecondsMaximum = 600_000 }
            try await withService(options) { scenario, client in
                let job = try await client.start("initial")
                try await poll(until: "a job of CAR that does not end") {
                    scenario.sandbox.car.endpoints["car.jobstatus"].calls > 1
                }
                #expect(try await client.send(.post, "/v1/jobs/\(job.id)/cancel").status == 202)
                #expect(try await client.end(of: job.id, within: .seconds(2)).state == "cancelled")
                #expect(scenario.sandbox.car.counters.sessionsLeft.isEmpty)
            }
        }

        /// Kills the service when the simulators have got a random number of requests more, or the job has ended first.
        private func killAfterRandomRequests(
            _ service: ServiceProcess, _ scenario: Scenario, upTo most: Int, using generator: inout SeededGenerator
        ) async throws {
            let target = scenario.requests + Int.random(in: 1...most, using: &generator)
            let deadline = ContinuousClock.now + .seconds(5)
            while scenario.requests < target, ContinuousClock.now < deadline {
                try await Task.sleep(for: .microseconds(500))
            }
            service.kill()
            #expect(try await service.waitForExit().signal == 9)
        }
    }
}
