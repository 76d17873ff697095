import Foundation
import MicroHTTP
import OutboundHTTP
import Sandbox
import Testing
import Threading

extension `End to end` {
    /// Credentials stay where they belong, whatever goes wrong and however talkative the others are: an error that a
    /// fault of the sandbox makes repeats the credentials and the body that it was sent.
    @Suite struct Secrets {
        private static let defender = ["token", "machines", "logonusers", "hunting", "alerts"]
        private static let car = [
            "car.databases", "car.session.enter", "car.jobstatus", "car.imports", "car.importstatus",
            "car.session.leave",
            "car.source.get", "car.source.patch", "car.edge.patch",
        ]

        @Test(.timeLimit(.minutes(15)))
        func `are in no log, answer, metric, event or file after every kind of failure`() async throws {
            let receiver = try EventReceiver()
            let hidden = HiddenSecrets()
            try await withScenario(
                hidden.options, environment: hidden.environment(webhook: receiver.url, logLevel: "trace")
            ) { scenario in
                let (service, client) = try await scenario.start()
                expectSucceeded(try await client.run("initial"))
                for round in Self.rounds {
                    try await run(round, scenario, client)
                    try await readEverything(client)
                }
                // The sandbox has spoken of them, or nothing was tested.
                #expect(Set(scenario.sandbox.defender.faults.hits.keys) == Set(Self.defender))
                #expect(Set(scenario.sandbox.car.faults.hits.keys) == Set(Self.car))

                try await check(scenario, client)
                try await crash(service)
                try await refuse(scenario, hidden)
                try await importByCommand(scenario)
                hidden.expectNone(in: scenario.everythingWritten(), "logs, output and files")
                hidden.expectNone(in: client.answers, "answers")
                hidden.expectNone(in: receiver.text, "events")
                #expect(receiver.text.contains("defender-car.job.failed"))
            }
        }

        // MARK: Failures of runs

        struct Round: Sendable {
            var endpoint: String
            var fault: NamedFault
        }

        /// Every kind of fault at three of the endpoints that it fits, and all endpoints in turn; what closes a call
        /// budget for a minute comes last.
        private static let rounds: [Round] = {
            let kinds = NamedFault.all.filter { !$0.isLasting } + NamedFault.all.filter(\.isLasting)
            return kinds.enumerated().flatMap { number, fault in
                let endpoints = (defender + car).filter(fault.kind.fits)
                let usable = fault.isLasting ? endpoints.filter { $0.hasPrefix("car.") || $0 == "alerts" } : endpoints
                let places = Set([0, usable.count / 3, usable.count * 2 / 3].map { (number + $0) % usable.count })
                return places.sorted().map { Round(endpoint: usable[$0], fault: fault) }
            }
        }()

        private func run(_ round: Round, _ scenario: Scenario, _ client: ControlClient) async throws {
            func hits() -> Int {
                let plan = round.endpoint.hasPrefix("car.") ? scenario.sandbox.car : nil
                return (plan?.faults.hits ?? scenario.sandbox.defender.faults.hits)[round.endpoint] ?? 0
            }
            let before = hits()
            // Edges are patched only by a run that has an earlier one to compare with.
            if round.endpoint == "car.edge.patch" { expectSucceeded(try await client.run("incremental")) }
            var faults = [Fault(round.endpoint, round.fault.kind, count: nil)]
            // Or the run would go on with the token that it has.
            if round.endpoint == "token" { faults.append(Fault("machines", .expireTokens)) }
            scenario.sandbox.setFaults(faults)
            scenario.changeEverything()
            scenario.sandbox.estate.mutate { state in
                // A day changes nothing that it has changed before; this leaves an edge behind each time.
                let machine = state.machines.first { $0.healthStatus == "Active" && $0.id.utf8.count == 40 }
                guard let id = machine?.id else { return }
                state.updateUsers(of: id) { $0 = [LogonUser(domain: "corp", name: UUID().uuidString)] }
            }
            let isOfInitial = ["car.session.enter", "car.session.leave", "car.jobstatus"].contains(round.endpoint)
            let job = try await client.start(isOfInitial ? "initial" : "incremental")
            try await poll(until: "\(round)", within: .seconds(60)) {
                if hits() >= before + 2 { return true }
                if round.fault.isSilent, hits() > before { return true }
                return try await client.job(job.id).isEnded
            }
            // What is tried again and again need not be waited for.
            _ = try await client.send(.post, "/v1/jobs/\(job.id)/cancel")
            _ = try await client.end(of: job.id)
            _ = try await client.send(.get, "/v1/jobs/\(job.id)/events")
            _ = try await client.send(.get, "/v1/jobs/\(job.id)/report")
            _ = try await client.send(.get, "/v1/jobs/\(job.id)/report", headers: [("Accept", "text/markdown")])
            scenario.sandbox.setFaults([])
        }

        private func readEverything(_ client: ControlClient) async throws {
            let paths = [
                "/", "/metrics", "/livez", "/readyz", "/v1/jobs", "/v1/connections", "/openapi.yaml",
                "/v1/connections/\(Scenario.source)", "/v1/jobs/none", "/nothing?token=1", "/v1/jobs?limit=-1",
            ]
            for path in paths { _ = try await client.send(.get, path) }
            _ = try await client.send(
                .get, "/metrics", headers: [("Accept", "application/openmetrics-text; version=1.0.0")])
        }

        // MARK: Everything else that speaks

        private func check(_ scenario: Scenario, _ client: ControlClient) async throws {
            for endpoint in Self.defender + ["car.databases", "car.source.get", "car.health"] {
                for status in [400, 401, 403, 500] {
                    scenario.sandbox.setFaults([Fault(endpoint, .status(status), count: nil)])
                    let answer = try await client.send(.post, "/v1/connections/\(Scenario.source)/check")
                    #expect(answer.status == 200 || answer.status == 429, "\(answer.text)")
                }
                let command = try scenario.launch(["check"])
                _ = try await command.waitForExit(within: .seconds(60))
            }
            scenario.sandbox.setFaults([])
            // Through a proxy that is not there, with credentials for it.
            let proxy = "http://user:\(HiddenSecrets.proxy)@127.0.0.1:9"
            let command = try scenario.launch(["check"], environment: ["http_proxy": proxy, "https_proxy": proxy])
            #expect(try await command.waitForExit(within: .seconds(60)).code != 0)
        }

        /// Whatever the runtime writes when the process dies.
        private func crash(_ service: ServiceProcess) async throws {
            // Within a sanitizer the runtime can't write its backtrace.
            if ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil {
                _ = Foundation.kill(service.processIdentifier, SIGABRT)
                // Where it has no backtracer, the process ends at once; otherwise it takes the signal for no fault of its
                // own and goes on.
                try await poll(until: "the backtrace", within: .seconds(90)) {
                    service.exit != nil || service.standardError.contains("Backtrace took")
                }
            }
            service.kill()
            #expect(try await service.waitForExit().code == nil)
        }

        /// Requests with right and wrong tokens, and malformed ones.
        private func refuse(_ scenario: Scenario, _ hidden: HiddenSecrets) async throws {
            let (service, client) = try await scenario.start(environment: hidden.tokens)
            let path = "/v1/imports/incremental"
            for value in hidden.tokens.values.map({ "Bearer \($0)" }) + ["Bearer wrong", "Basic eDp5", "nonsense"] {
                let headers = [("Authorization", value)]
                _ = try await client.send(.get, "/v1/jobs", headers: headers)
                _ = try await client.send(.post, path, body: #"{"bogus":1}"#, headers: headers)
                _ = try await client.send(.delete, "/v1/jobs", headers: headers)
                _ = try await client.send(.get, "/nothing", headers: headers)
                _ = try await client.send(
                    .post, path, body: String(repeating: "a", count: 1_000_000), headers: headers)
                _ = try await client.send(.post, path, headers: headers + [("Origin", "https://elsewhere.example")])
            }
            hidden.expectNone(in: client.answers, "refusals")
            service.terminate()
            _ = try await service.waitForExit()
        }

        private func importByCommand(_ scenario: Scenario) async throws {
            for fault in [Fault("machines", .status(403), count: nil), Fault("car.imports", .status(400), count: nil)] {
                scenario.sandbox.setFaults([fault])
                let command = try scenario.launch(["import", "--kind", "initial"])
                #expect(try await command.waitForExit(within: .seconds(90)).code != 0, "\(command.standardError)")
            }
            scenario.sandbox.setFaults([])
        }
    }
}

extension NamedFault {
    /// Closes a call budget, so that later runs would wait for it.
    fileprivate var isLasting: Bool {
        switch kind {
        case .throttle, .throttleUntil: true
        default: false
        }
    }

    /// Nothing comes back, or the next try comes late.
    fileprivate var isSilent: Bool { isLasting || [.hang, .importHangs, .jobHangs].contains(kind) }
}
