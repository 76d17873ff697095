/// The service's metrics: their declarations, and one function per event, so that names and labels are written once.
public struct ServiceMetrics: Sendable {
    public let registry: MetricRegistry
    private let process = ProcessMetrics()

    /// - Parameter connections: the configured connections, whose series are there from the start.
    public init(version: String, connections: [String] = []) {
        registry = MetricRegistry(declaring: Self.declarations(connections: connections))
        registry.set("defender_car_build_info", 1, ["version": version])
    }

    /// Everything, process metrics included.
    public func render(_ format: PrometheusText.Format) -> String {
        let families = (registry.snapshot() + process.families()).sorted { $0.name < $1.name }
        return PrometheusText.render(families, as: format)
    }

    // MARK: Jobs

    /// - Parameter outcome: `succeeded`, `failed` or `cancelled`.
    public func jobFinished(kind: String, outcome: String, seconds: Double) {
        registry.add(to: "defender_car_jobs_finished_total", ["kind": kind, "outcome": outcome])
        registry.observe(seconds, in: "defender_car_job_duration_seconds", ["kind": kind])
    }

    public func jobSucceeded(connection: String, kind: String, at secondsSince1970: Double) {
        registry.set(
            "defender_car_last_success_timestamp_seconds", secondsSince1970, ["connection": connection, "kind": kind])
    }

    public func setJobs(running: Int, queued: Int) {
        registry.set("defender_car_jobs_running", Double(running))
        registry.set("defender_car_jobs_queued", Double(queued))
    }

    public func setConnection(_ connection: String, savePointSecondsSince1970: Double?, machinesKnown: Int) {
        registry.set("defender_car_machines_known", Double(machinesKnown), ["connection": connection])
        registry.set(
            "defender_car_save_point_timestamp_seconds", savePointSecondsSince1970 ?? 0, ["connection": connection])
    }

    // MARK: Defender

    /// - Parameter status: `nil` where there was no answer.
    public func defenderRequest(api: String, status: Int?, seconds: Double) {
        registry.add(to: "defender_car_defender_requests_total", ["api": api, "status": Self.statusLabel(status)])
        registry.observe(seconds, in: "defender_car_defender_request_duration_seconds", ["api": api])
        if status == 429 { registry.add(to: "defender_car_defender_throttled_total", ["api": api]) }
    }

    // MARK: CAR

    /// - Parameter call: what was asked, e.g. `import`, never a path.
    public func carRequest(call: String, status: Int?, seconds: Double) {
        registry.add(to: "defender_car_car_requests_total", ["call": call, "status": Self.statusLabel(status)])
        registry.observe(seconds, in: "defender_car_car_request_duration_seconds", ["call": call])
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

    // MARK: Records

    public func recordsRead(kind: String, count: Int) {
        registry.add(Double(count), to: "defender_car_records_read_total", ["kind": kind])
    }

    public func recordsSkipped(kind: String, reason: String, count: Int) {
        registry.add(Double(count), to: "defender_car_records_skipped_total", ["kind": kind, "reason": reason])
    }

    // MARK: The service's own API

    /// - Parameters:
    ///   - route: the route's template; `nil` where none matched.
    ///   - method: as sent; what is not a common method is counted as `other`.
    ///   - status: 0 or `nil` where the client went away first.
    public func httpRequest(route: String?, method: String, status: Int?, seconds: Double) {
        let route = route ?? "none"
        let method = Self.methods.contains(method) ? method : "other"
        let status = Self.statusLabel(status == 0 ? nil : status)
        registry.add(to: "defender_car_http_requests_total", ["route": route, "method": method, "status": status])
        registry.observe(seconds, in: "defender_car_http_request_duration_seconds", ["route": route])
    }

    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// `2xx`, `4xx`, ...; 429 by itself; `error` where there was no answer.
    public static func statusLabel(_ status: Int?) -> String {
        guard let status, (100...599).contains(status) else { return "error" }
        return status == 429 ? "429" : "\(status / 100)xx"
    }
}
