import Foundation
import Testing

@testable import Telemetry

@Suite struct `The service's metrics` {
    @Test func `are there from the start where their labels are known`() {
        let metrics = ServiceMetrics(version: "1.2.3", build: ("debug", "6.3"), connections: ["east", "we\"st"])
        let text = metrics.render(.prometheus)
        for line in [
            #"defender_car_jobs_finished_total{kind="initial",outcome="failed"} 0"#,
            "defender_car_jobs_running 0", "defender_car_jobs_queued 0",
            #"defender_car_job_duration_seconds_count{kind="incremental"} 0"#,
            #"defender_car_last_success_timestamp_seconds{connection="east",kind="initial"} 0"#,
            #"defender_car_save_point_timestamp_seconds{connection="we\"st"} 0"#,
            #"defender_car_machines_known{connection="east"} 0"#,
            #"defender_car_defender_throttled_total{api="hunting"} 0"#,
            "defender_car_car_imports_unconfirmed 0",
            "defender_car_car_vertices_deleted_total 0",
            #"defender_car_build_info{version="1.2.3",configuration="debug",swift="6.3"} 1"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test func `are there from the start where another part knows the labels`() {
        let known = KnownLabels(
            vertices: ["asset"], edges: ["asset_hostname"], skips: [.init(kind: "machines", reason: "invalid_id")],
            failures: [.init(class: "datasource", code: 52)], carCalls: ["imports"])
        let metrics = ServiceMetrics(version: "1", connections: ["c"], known: known)
        metrics.prepareRoute("/v1/jobs/{id}", method: "GET")
        let text = metrics.render(.prometheus)
        for line in [
            #"defender_car_car_objects_sent_total{collection="asset"} 0"#,
            #"defender_car_car_objects_sent_total{collection="asset_hostname"} 0"#,
            #"defender_car_car_edges_disabled_total{kind="asset_hostname"} 0"#,
            #"defender_car_records_skipped_total{kind="machines",reason="invalid_id"} 0"#,
            #"defender_car_job_failures_total{class="datasource",code="52"} 0"#,
            #"defender_car_car_requests_total{call="imports",status="5xx"} 0"#,
            #"defender_car_car_imports_total{outcome="unconfirmed"} 0"#,
            #"defender_car_http_requests_total{route="/v1/jobs/{id}",method="GET",status="5xx"} 0"#,
            #"defender_car_http_request_duration_seconds_count{route="/v1/jobs/{id}"} 0"#,
            #"defender_car_deletion_guard_stops_total{connection="c"} 0"#,
            #"defender_car_schedule_interval_seconds{connection="c",kind="incremental"} 0"#,
            #"defender_car_defender_budget_remaining_requests{connection="c",api="hunting",window="hour"} 0"#,
            #"defender_car_token_expiry_timestamp_seconds{connection="c"} 0"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test func `show a budget without a limit as infinite`() {
        let metrics = ServiceMetrics(version: "1", connections: ["c"])
        metrics.setBudget(connection: "c", api: "alerts", window: "minute", remaining: nil, limit: nil)
        metrics.setBudget(connection: "c", api: "alerts", window: "hour", remaining: 1499, limit: 1500)
        let text = metrics.render(.openMetrics)
        for line in [
            #"defender_car_defender_budget_remaining_requests{connection="c",api="alerts",window="minute"} +Inf"#,
            #"defender_car_defender_budget_remaining_requests{connection="c",api="alerts",window="hour"} 1499"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test func `count what happens`() {
        let metrics = ServiceMetrics(version: "1", connections: ["c"])
        metrics.jobFinished(kind: "initial", outcome: "succeeded", seconds: 61)
        metrics.defenderRequest(api: "hunting", status: 429, seconds: 0.1)
        metrics.defenderRequest(api: "hunting", status: nil, seconds: 0.1)
        metrics.httpRequest(route: "/v1/jobs/{id}", method: "BREW", status: 404, seconds: 0.001)
        metrics.httpRequest(route: nil, method: "GET", status: 0, seconds: 0.001)
        metrics.setConnection("c", savePointSecondsSince1970: 1_795_468_509.483, machinesKnown: 5000)
        let text = metrics.render(.prometheus)
        for line in [
            #"defender_car_jobs_finished_total{kind="initial",outcome="succeeded"} 1"#,
            #"defender_car_job_duration_seconds_bucket{kind="initial",le="60"} 0"#,
            #"defender_car_job_duration_seconds_bucket{kind="initial",le="300"} 1"#,
            #"defender_car_defender_requests_total{api="hunting",status="429"} 1"#,
            #"defender_car_defender_requests_total{api="hunting",status="error"} 1"#,
            #"defender_car_defender_throttled_total{api="hunting"} 1"#,
            #"defender_car_http_requests_total{route="/v1/jobs/{id}",method="other",status="4xx"} 1"#,
            #"defender_car_http_requests_total{route="none",method="GET",status="error"} 1"#,
            #"defender_car_save_point_timestamp_seconds{connection="c"} 1795468509.483"#,
            #"defender_car_machines_known{connection="c"} 5000"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test func `tell of the process itself`() throws {
        let families = ProcessMetrics().families()
        func value(_ name: String) -> Double {
            guard case .number(let value)? = families.first(where: { $0.name == name })?.samples.first?.value else {
                return -1
            }
            return value
        }
        #expect(value("process_cpu_seconds_total") >= 0)
        #expect(value("process_resident_memory_bytes") > 1_000_000)
        #expect(value("process_open_fds") >= 3)
        #expect(value("process_max_fds") >= value("process_open_fds"))
        #expect(abs(value("process_start_time_seconds") - Date.now.timeIntervalSince1970) < 86_400)
    }

    @Test func `leave out what the system does not tell`() {
        let silent = ProcessMetrics(
            read: { _ in nil }, countEntries: { _ in nil }, ticksPerSecond: 100, pageBytes: 4096)
        #expect(silent.families().isEmpty)
        let odd = ProcessMetrics(
            read: { $0 == "/proc/self/stat" ? "1 (a) b) R 1" : "" }, countEntries: { _ in 4 }, ticksPerSecond: 100,
            pageBytes: 4096)
        #expect(odd.families().map(\.name) == ["process_open_fds"])
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")))
    func `are accepted by promtool`() throws {
        let metrics = ServiceMetrics(version: "1.0", connections: ["a\"b\\c\nd"])
        metrics.carRequest(call: "import", status: 200, seconds: 0.1)
        metrics.httpRequest(route: "/", method: "GET", status: 200, seconds: 0.1)
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
        process.arguments = ["check", "metrics"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(metrics.render(.prometheus).utf8))
        try input.fileHandleForWriting.close()
        let words = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: words, as: UTF8.self))")
    }
}
