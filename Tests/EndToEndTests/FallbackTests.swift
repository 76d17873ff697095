import Sandbox
import Testing

extension `End to end` {
    /// An incremental run that can't be right becomes an initial import, and its job tells why.
    @Suite struct Fallbacks {
        @Test(.timeLimit(.minutes(5)), arguments: ["", nil])
        func `where CAR has no save point`(savePoint: String?) async throws {
            try await withService { scenario, client in
                try await expectFallback(scenario, client, because: "no save point in CAR")
                scenario.sandbox.car.setModelStateID(savePoint, source: Scenario.source)
                try await expectFallback(scenario, client, because: "no save point in CAR")
            }
        }

        /// A failure before CAR's session is entered, or within it.
        @Test(
            .timeLimit(.minutes(5)), arguments: [CARDatabaseState.notSetUp, .withoutGraph, .withoutIndexes],
            [
                ("machines", 403, "datasource", 53, "the CAR database was newly created"),
                ("car.imports", 400, "recoverable", 10, "the last initial import did not finish"),
            ])
        func `where CAR's database was set up anew, also when the first attempt failed`(
            database: CARDatabaseState, failure: (endpoint: String, status: Int, class: String, code: Int, next: String)
        ) async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let savePoint = scenario.sandbox.car.modelStateID(source: Scenario.source)
                scenario.sandbox.car.setDatabase(database)
                scenario.sandbox.setFaults([Fault(failure.endpoint, .status(failure.status), count: nil)])
                let failed = try await client.run("incremental")
                #expect(failed.fallbackReason == "the CAR database was newly created")
                #expect(failed.failure?.class == failure.class)
                #expect(failed.failure?.code == failure.code)
                #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == savePoint)
                #expect(scenario.sandbox.car.counters.sessionsLeft == [Scenario.source: 1])
                scenario.sandbox.setFaults([])
                try await expectFallback(scenario, client, because: failure.next)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `where there is no ledger`() async throws {
            try await withScenario { scenario in
                let (first, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                first.terminate()
                try await first.waitForExit()
                let other = scenario.directory.appendingPathComponent("another-state").path
                let (_, second) = try await scenario.start(environment: ["STATE_DIR": other])
                try await expectFallback(scenario, second, because: "no ledger for this connection")
            }
        }

        @Test(.timeLimit(.minutes(5))) func `where another connector has been at work`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                scenario.sandbox.car.setModelStateID("1700000000000", source: Scenario.source)
                try await expectFallback(scenario, client, because: "does not match the save point in CAR")
            }
        }

        @Test(
            .timeLimit(.minutes(5)), arguments: [Fault.Kind.status(422), .importFails(statusCode: 422)], [true, false])
        func `after an unrecoverable failure, whether CAR takes the reset or not`(kind: Fault.Kind, takesReset: Bool)
            async throws
        {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let savePoint = scenario.sandbox.car.modelStateID(source: Scenario.source)
                scenario.changeEverything()
                scenario.sandbox.car.faults.set(
                    [Fault("car.imports", kind, count: nil)]
                        + (takesReset ? [] : [Fault("car.source.patch", .status(400), count: nil)]))
                let failed = try await client.run("incremental")
                #expect(failed.effectiveKind == "incremental")
                #expect(failed.failure?.class == "unrecoverable")
                #expect(failed.failure?.code == 20)
                let now = scenario.sandbox.car.modelStateID(source: Scenario.source)
                #expect(now == (takesReset ? "" : savePoint))
                scenario.sandbox.car.faults.clear()
                try await expectFallback(scenario, client, because: "the previous run failed unrecoverably")
            }
        }

        @Test(.timeLimit(.minutes(5))) func `but not after a recoverable failure or one of Defender`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let savePoint = scenario.sandbox.car.modelStateID(source: Scenario.source)
                scenario.changeEverything()
                let cases = [("car.imports", 400, "recoverable", 10), ("hunting", 403, "datasource", 53)]
                for (endpoint, status, failureClass, code) in cases {
                    scenario.sandbox.setFaults([Fault(endpoint, .status(status), count: nil)])
                    let failed = try await client.run("incremental")
                    #expect(failed.failure?.class == failureClass)
                    #expect(failed.failure?.code == code)
                    #expect(scenario.sandbox.car.modelStateID(source: Scenario.source) == savePoint)
                }
                scenario.sandbox.setFaults([])
                expectSucceeded(try await client.run("incremental"), effectiveKind: "incremental")
                scenario.expectRightGraph(allowsLooseVertices: true)
            }
        }

        /// The next incremental run is an initial import for that reason, and the one after it is incremental again.
        private func expectFallback(_ scenario: Scenario, _ client: ControlClient, because reason: String) async throws
        {
            let job = try await client.run("incremental")
            expectSucceeded(job, effectiveKind: "initial")
            #expect(job.kind == "incremental")
            #expect(job.fallbackReason?.contains(reason) == true, "\(job.fallbackReason ?? "no reason")")
            scenario.expectRightGraph(reason)
            let next = try await client.run("incremental")
            expectSucceeded(next, effectiveKind: "incremental")
            #expect(next.fallbackReason == nil)
            scenario.expectRightGraph(reason, allowsLooseVertices: true)
        }
    }
}
