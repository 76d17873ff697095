extension ServiceMetrics {
    /// Every metric of the service, its help text and labels.
    static func declarations(connections: [String]) -> [MetricDeclaration] {
        jobs(connections: connections) + defender + car + records + service
    }

    private static let prefix = "defender_car_"
    private static let kinds = MetricDeclaration.Label("kind", values: ["initial", "incremental"])
    private static let apis = MetricDeclaration.Label(
        "api", values: ["token", "machines", "logonusers", "alerts", "hunting"])
    private static let recordKinds = MetricDeclaration.Label(
        "kind", values: ["machines", "logonUsers", "networkAdapters", "vulnerabilities", "alerts"])

    private static func jobs(connections: [String]) -> [MetricDeclaration] {
        let connection = MetricDeclaration.Label("connection", values: connections)
        return [
            declare(
                "jobs_finished_total", .counter, "Jobs that ended, by kind and outcome.", kinds,
                MetricDeclaration.Label("outcome", values: ["succeeded", "failed", "cancelled"])),
            declare("jobs_running", .gauge, "Jobs running now."),
            declare("jobs_queued", .gauge, "Jobs waiting for their turn."),
            declare(
                "job_duration_seconds", .histogram(buckets: HistogramBuckets.jobs),
                "Time from a job's first start to its end.", kinds),
            declare(
                "last_success_timestamp_seconds", .gauge, "When a job last succeeded, since 1970; 0: never.",
                connection, kinds),
            declare(
                "save_point_timestamp_seconds", .gauge,
                "The moment up to which CAR holds Defender's data, since 1970; 0: no save point.", connection),
            declare("machines_known", .gauge, "Machines confirmed by CAR.", connection),
        ]
    }

    private static let defender: [MetricDeclaration] = [
        declare(
            "defender_requests_total", .counter, "Requests to Defender, retries included.",
            apis, MetricDeclaration.Label("status")),
        declare(
            "defender_request_duration_seconds", .histogram(buckets: HistogramBuckets.requests),
            "Time of a request to Defender, without the wait for the rate budget.", apis),
        declare("defender_throttled_total", .counter, "Answers 429 of Defender.", apis),
    ]

    private static let car: [MetricDeclaration] = [
        declare(
            "car_requests_total", .counter, "Requests to CAR, retries included.",
            MetricDeclaration.Label("call"), MetricDeclaration.Label("status")),
        declare(
            "car_request_duration_seconds", .histogram(buckets: HistogramBuckets.requests), "Time of a request to CAR.",
            MetricDeclaration.Label("call")),
        declare("car_imports_unconfirmed", .gauge, "Imports that CAR has not confirmed yet."),
        declare(
            "car_objects_sent_total", .counter, "Vertices and edges sent to CAR.",
            MetricDeclaration.Label("collection")),
        declare("car_edges_disabled_total", .counter, "Edges set inactive in CAR.", MetricDeclaration.Label("kind")),
        declare("car_vertices_deleted_total", .counter, "Vertices deleted in CAR."),
    ]

    private static let records: [MetricDeclaration] = [
        declare("records_read_total", .counter, "Records read from Defender.", recordKinds),
        declare(
            "records_skipped_total", .counter, "Records that could not be used, by reason.",
            MetricDeclaration.Label("kind"), MetricDeclaration.Label("reason")),
    ]

    private static let service: [MetricDeclaration] = [
        declare(
            "http_requests_total", .counter, "Requests answered by this service.",
            MetricDeclaration.Label("route"), MetricDeclaration.Label("method"), MetricDeclaration.Label("status")),
        declare(
            "http_request_duration_seconds", .histogram(buckets: HistogramBuckets.answers),
            "Time of an answer, from the request line to the last byte.", MetricDeclaration.Label("route")),
        declare(
            "build_info", .gauge, "1, labelled with the version that runs.", MetricDeclaration.Label("version")),
    ]

    private static func declare(
        _ name: String, _ kind: MetricDeclaration.Kind, _ help: String, _ labels: MetricDeclaration.Label...
    ) -> MetricDeclaration {
        MetricDeclaration(prefix + name, kind, help: help, labels: labels)
    }
}
