/// The service's metrics: their declarations, and one function per event, so that names and labels are written once.
public struct ServiceMetrics: Sendable {
    public let registry: MetricRegistry
    private let process = ProcessMetrics()
    private let requests = RequestSeries()

    /// - Parameters:
    ///   - build: further labels of `build_info`: `configuration` and `swift`.
    ///   - connections: the configured connections, whose series are there from the start.
    ///   - known: likewise.
    public init(
        version: String, build: (configuration: String, swift: String) = ("", ""), connections: [String] = [],
        known: KnownLabels = KnownLabels()
    ) {
        registry = MetricRegistry(declaring: Self.declarations(connections: connections, known: known))
        registry.set(
            "defender_car_build_info", 1,
            ["version": version, "configuration": build.configuration, "swift": build.swift])
        for skip in known.skips {
            registry.prepare("defender_car_records_skipped_total", ["kind": skip.kind, "reason": skip.reason])
        }
        for failure in known.failures {
            registry.prepare(
                "defender_car_job_failures_total", ["class": failure.class, "code": String(failure.code)])
        }
    }

    /// Makes the series of a route visible at 0 before its first request.
    public func prepareRoute(_ template: String, method: String) {
        for status in ["2xx", "4xx", "5xx"] {
            registry.prepare(
                "defender_car_http_requests_total", ["route": template, "method": method, "status": status])
        }
        registry.prepare("defender_car_http_request_duration_seconds", ["route": template])
    }

    /// Everything, process metrics included.
    public func render(_ format: PrometheusText.Format) -> String {
        let families = (registry.snapshot() + process.families()).sorted { $0.name < $1.name }
        return PrometheusText.render(families, as: format)
    }

    /// `2xx`, `4xx`, ...; 429 by itself; `error` where there was no answer.
    public static func statusLabel(_ status: Int?) -> String {
        guard let status, (100...599).contains(status) else { return "error" }
        return status == 429 ? "429" : "\(status / 100)xx"
    }
}

// MARK: Jobs and connections

extension ServiceMetrics {
    /// - Parameter outcome: `succeeded`, `failed` or `cancelled`.
    public func jobFinished(kind: String, outcome: String, seconds: Double) {
        registry.add(to: "defender_car_jobs_finished_total", ["kind": kind, "outcome": outcome])
        registry.observe(seconds, in: "defender_car_job_duration_seconds", ["kind": kind])
    }

    public func jobFailed(class failureClass: String, code: Int) {
        registry.add(to: "defender_car_job_failures_total", ["class": failureClass, "code": String(code)])
    }

    public func deletionGuardStopped(connection: String) {
        registry.add(to: "defender_car_deletion_guard_stops_total", ["connection": connection])
    }

    public func jobSucceeded(connection: String, kind: String, at secondsSince1970: Double) {
        registry.set(
            "defender_car_last_success_timestamp_seconds", secondsSince1970, ["connection": connection, "kind": kind])
    }

    public func setJobs(running: Int, queued: Int, oldestQueuedSeconds: Double = 0) {
        registry.set("defender_car_jobs_running", Double(running))
        registry.set("defender_car_jobs_queued", Double(queued))
        registry.set("defender_car_jobs_oldest_queued_age_seconds", max(0, oldestQueuedSeconds))
    }

    public func setConnection(_ connection: String, savePointSecondsSince1970: Double?, machinesKnown: Int) {
        registry.set("defender_car_machines_known", Double(machinesKnown), ["connection": connection])
        registry.set(
            "defender_car_save_point_timestamp_seconds", savePointSecondsSince1970 ?? 0, ["connection": connection])
    }

    /// How far the connection's running job is; zeros where none runs.
    public func setJob(of connection: String, isRunning: Bool, done: Int, listed: Int) {
        registry.set("defender_car_job_running", isRunning ? 1 : 0, ["connection": connection])
        registry.set("defender_car_job_machines", Double(done), ["connection": connection, "state": "done"])
        registry.set("defender_car_job_machines", Double(listed), ["connection": connection, "state": "listed"])
    }

    /// - Parameter next: seconds since 1970; `nil` without a schedule.
    public func setNextRun(_ connection: String, kind: String, next: Double?) {
        registry.set("defender_car_next_run_timestamp_seconds", next ?? 0, ["connection": connection, "kind": kind])
    }

    public func setScheduleInterval(_ connection: String, kind: String, seconds: Double) {
        registry.set("defender_car_schedule_interval_seconds", seconds, ["connection": connection, "kind": kind])
    }

    public func recordsRead(kind: String, count: Int) {
        registry.add(Double(count), to: "defender_car_records_read_total", ["kind": kind])
    }

    public func recordsSkipped(kind: String, reason: String, count: Int) {
        registry.add(Double(count), to: "defender_car_records_skipped_total", ["kind": kind, "reason": reason])
    }
}

// MARK: Defender

extension ServiceMetrics {
    /// - Parameter status: `nil` where there was no answer.
    public func defenderRequest(api: String, status: Int?, seconds: Double) {
        registry.add(to: "defender_car_defender_requests_total", ["api": api, "status": Self.statusLabel(status)])
        registry.observe(seconds, in: "defender_car_defender_request_duration_seconds", ["api": api])
        if status == 429 { registry.add(to: "defender_car_defender_throttled_total", ["api": api]) }
    }

    public func defenderWaited(api: String, seconds: Double) {
        registry.add(seconds, to: "defender_car_defender_wait_seconds_total", ["api": api])
    }

    /// What a window of the budget holds; `nil` without a limit.
    public func setBudget(connection: String, api: String, window: String, remaining: Int?, limit: Int?) {
        let labels: KeyValuePairs = ["connection": connection, "api": api, "window": window]
        registry.set(
            "defender_car_defender_budget_remaining_requests", remaining.map(Double.init) ?? .infinity, labels)
        registry.set("defender_car_defender_budget_limit_requests", limit.map(Double.init) ?? .infinity, labels)
    }

    public func setBudget(connection: String, api: String, waiting: Int, closedSeconds: Double) {
        let labels: KeyValuePairs = ["connection": connection, "api": api]
        registry.set("defender_car_defender_requests_waiting", Double(waiting), labels)
        registry.set("defender_car_defender_budget_closed_seconds", closedSeconds, labels)
    }

    public func setTokenExpiry(_ connection: String, secondsSince1970: Double?) {
        registry.set("defender_car_token_expiry_timestamp_seconds", secondsSince1970 ?? 0, ["connection": connection])
    }
}

// MARK: CAR

extension ServiceMetrics {
    /// - Parameter call: what was asked, e.g. `imports`, never a path.
    public func carRequest(call: String, status: Int?, seconds: Double) {
        registry.add(to: "defender_car_car_requests_total", ["call": call, "status": Self.statusLabel(status)])
        registry.observe(seconds, in: "defender_car_car_request_duration_seconds", ["call": call])
    }

    /// - Parameter outcome: `confirmed`, `failed`, `unconfirmed` or `cancelled`.
    public func carImportEnded(outcome: String) {
        registry.add(to: "defender_car_car_imports_total", ["outcome": outcome])
    }

    public func setCARImportsUnconfirmed(_ count: Int) {
        registry.set("defender_car_car_imports_unconfirmed", Double(count))
    }

    public func carObjectsSent(collection: String, count: Int) {
        registry.add(Double(count), to: "defender_car_car_objects_sent_total", ["collection": collection])
    }

    public func carEdgesDisabled(kind: String, count: Int) {
        registry.add(Double(count), to: "defender_car_car_edges_disabled_total", ["kind": kind])
    }

    public func carVerticesDeleted(_ count: Int) {
        registry.add(Double(count), to: "defender_car_car_vertices_deleted_total")
    }
}

// MARK: The service's own API

extension ServiceMetrics {
    /// - Parameters:
    ///   - route: the route's template; `nil` where none matched.
    ///   - method: as sent; what is not a common method is counted as `other`.
    ///   - status: 0 or `nil` where the client went away first.
    public func httpRequest(route: String?, method: String, status: Int?, seconds: Double) {
        let route = route ?? "none"
        let method = Self.methods.contains(method) ? method : "other"
        let status = Self.statusLabel(status == 0 ? nil : status)
        let series = requests.find(route: route, method: method, status: status) {
            (
                registry.counter(
                    "defender_car_http_requests_total", [("route", route), ("method", method), ("status", status)]),
                registry.histogram("defender_car_http_request_duration_seconds", [("route", route)])
            )
        }
        series.count?.increment(by: 1.0)
        series.duration?.record(seconds)
    }

    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// - Parameter outcome: of an attempt `delivered` or `failed`; `given_up` of an event that is not tried again.
    public func webhookDelivery(outcome: String) {
        registry.add(to: "defender_car_webhook_deliveries_total", ["outcome": outcome])
    }
}
