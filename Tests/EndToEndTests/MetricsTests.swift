import Foundation
import OutboundHTTP
import Sandbox
import Testing

extension `End to end` {
    @Suite struct Metrics {
        @Test(.timeLimit(.minutes(2))) func `are accepted by promtool`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let text = try await client.send(.get, "/metrics").text
                let file = scenario.directory.appendingPathComponent("metrics.txt")
                try Data(text.utf8).write(to: file)
                let check = Process()
                check.executableURL = URL(fileURLWithPath: "/bin/sh")
                check.arguments = ["-c", "promtool check metrics < '\(file.path)'"]
                let output = Pipe()
                check.standardOutput = output
                check.standardError = output
                try check.run()
                let complaints = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                check.waitUntilExit()
                #expect(check.terminationStatus == 0, "\(complaints)")
            }
        }

        /// Prometheus asks for OpenMetrics, so its parser checks that text; promtool checks the other.
        @Test(.timeLimit(.minutes(4))) func `let a real Prometheus answer an operator's questions`() async throws {
            let environment = [
                "SCHEDULE_INCREMENTAL": "0 3 * * *", "DEFENDER_REQUESTS_PER_HOUR": "\(Shift.callsPerHour)",
                "DEFENDER_HUNTING_PER_HOUR": "\(Shift.callsPerHour)",
                "DEFENDER_EXPORT_PER_HOUR": "\(Shift.callsPerHour)",
            ]
            try await withService(environment: environment) { scenario, client in
                let prometheus = try PrometheusProcess(target: client.base, directory: scenario.directory)
                defer { prometheus.stop() }
                // A first value of every counter, so that what follows is seen as an increase.
                try await prometheus.poll("count_over_time(up[1m]) >= 2")
                let shift = try await Shift(scenario, client)
                try await prometheus.poll("sum(defender_car_jobs_finished_total) == \(shift.jobs.count)")

                let questions = try Repository.promQL(inMarkdown: "docs/metrics.md")
                #expect(questions.count == shift.answers.count)
                for (question, answer) in zip(questions, shift.answers) {
                    let samples = try await prometheus.samples(question)
                    let found = Dictionary(samples.map { (answer.key($0), answer.value($0)) }) { first, _ in first }
                    #expect(found.count == samples.count, "\(question): \(samples)")
                    #expect(Set(found.keys) == Set(answer.expected.keys), "\(question)")
                    for (key, range) in answer.expected {
                        let value = found[key] ?? -.infinity
                        #expect(range.contains(value), "\(question): \(key): \(value) is not in \(range)")
                    }
                }

                for expression in try Repository.dashboardExpressions() {
                    let values = try await prometheus.values(expression)
                    #expect(!values.isEmpty, "\(expression)")
                }
                let rules = try await prometheus.ruleHealth()
                #expect(rules.count >= 10)
                #expect(rules.allSatisfy { $0.value == "ok" }, "\(rules)")
                // The failed job of the shift is told of by a real evaluation of the rules, too.
                try await prometheus.poll(#"ALERTS{alertname="DefenderCarCredentials", alertstate="firing"}"#)
            }
        }

        @Test(.timeLimit(.minutes(2))) func `tell of a failed job by its code`() async throws {
            try await withService(environment: ["CONFIGURATION_AUTH_CLIENTSECRET": "wrong"]) { _, client in
                #expect(try await client.run("initial").failure?.code == 52)
                let line = #"defender_car_job_failures_total{class="datasource",code="52"} 1"#
                try await poll(until: line, within: .seconds(30)) {
                    try await client.send(.get, "/metrics").text.contains(line + "\n")
                }
            }
        }
    }
}
