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

        @Test(.timeLimit(.minutes(2))) func `are scraped by a real Prometheus`() async throws {
            try await withService { scenario, client in
                expectSucceeded(try await client.run("initial"))
                let target = client.base.replacingOccurrences(of: "http://", with: "")
                let config = scenario.directory.appendingPathComponent("prometheus.yml")
                let text = """
                    global: {scrape_interval: 1s}
                    scrape_configs:
                      - job_name: defender-car
                        static_configs: [{targets: ['\(target)']}]
                    """
                try Data(text.utf8).write(to: config)
                let port = Int.random(in: 20_000...29_999)
                let prometheus = Process()
                prometheus.executableURL = URL(fileURLWithPath: "/usr/bin/prometheus")
                prometheus.arguments = [
                    "--config.file=\(config.path)", "--web.listen-address=127.0.0.1:\(port)",
                    "--storage.tsdb.path=\(scenario.directory.path)/tsdb",
                ]
                prometheus.standardOutput = FileHandle.nullDevice
                prometheus.standardError = FileHandle.nullDevice
                try prometheus.run()
                defer { prometheus.terminate() }
                let http = ControlClient(base: "http://127.0.0.1:\(port)")
                let query = "sum(defender_car_jobs_finished_total%7Bkind%3D%22initial%22,outcome%3D%22succeeded%22%7D)"
                try await poll(until: "the counter in Prometheus", within: .seconds(60), every: .milliseconds(200)) {
                    // Refused until Prometheus listens.
                    guard let answer = try? await http.send(.get, "/api/v1/query?query=\(query)") else { return false }
                    return answer.text.contains(#""1"]"#)
                }
            }
        }
    }
}
