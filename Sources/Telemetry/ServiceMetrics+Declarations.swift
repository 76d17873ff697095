extension ServiceMetrics {
    /// Every metric of the service, its help text and labels.
    static func declarations(connections: [String], known: KnownLabels) -> [MetricDeclaration] {
        let connection = MetricDeclaration.Label("connection", values: connections)
        return jobs + schedule(connection) + defender(connection) + car(known) + records + service
    }

    private static let prefix = "defender_car_"
    private static let kinds = MetricDeclaration.Label("kind", values: ["initial", "incremental"])
    private static let outcomes = MetricDeclaration.Label("outcome", values: ["succeeded", "failed", "cancelled"])
    private static let families = [
        "machines", "logonusers", "alerts", "hunting", "vulnerabilityexport", "vulnerabilities",
    ]
    private static let apis = MetricDeclaration.Label(
        "api", values: ["token"] + families)
    private static let budgetedAPIs = MetricDeclaration.Label(
        "api", values: families)
    private static let windows = MetricDeclaration.Label("window", values: ["minute", "hour"])
    private static let statuses = MetricDeclaration.Label(
        "status", values: ["2xx", "3xx", "4xx", "429", "5xx", "error"])
    private static let recordKinds = MetricDeclaration.Label(
        "kind", values: ["machines", "logonUsers", "networkAdapters", "vulnerabilities", "alerts"])

    private static let jobs = [
        declare("jobs_finished_total", .counter, "Jobs that ended, by kind and outcome.", kinds, outcomes),
        declare("jobs_running", .gauge, "Jobs running now."),
        declare("jobs_queued", .gauge, "Jobs waiting for their turn."),
        declare(
            "jobs_oldest_queued_age_seconds", .gauge,
            "Age of the job that has waited longest; 0 where none waits."),
        declare(
            "job_duration_seconds", .histogram(buckets: HistogramBuckets.jobs),
            "Time from a job's first start to its end.", kinds),
        declare(
            "job_failures_total", .counter, "Jobs that failed, by what failed and the exit code that says why.",
            MetricDeclaration.Label("class"), MetricDeclaration.Label("code")),
    ]

    private static func schedule(_ connection: MetricDeclaration.Label) -> [MetricDeclaration] {
        [
            declare(
                "last_success_timestamp_seconds", .gauge, "When a job last succeeded, since 1970; 0: never.",
                connection, kinds),
            declare(
                "save_point_timestamp_seconds", .gauge,
                "The moment up to which CAR holds Defender's data, since 1970; 0: no save point.", connection),
            declare("machines_known", .gauge, "Machines confirmed by CAR.", connection),
            declare(
                "schedule_interval_seconds", .gauge,
                "Longest time between two scheduled runs of the kind; 0: not scheduled.", connection, kinds),
            declare(
                "next_run_timestamp_seconds", .gauge, "When the next run is scheduled, since 1970; 0: not scheduled.",
                connection, kinds),
            declare("job_running", .gauge, "1 while a job of the connection runs, else 0.", connection),
            declare(
                "job_machines", .gauge, "Machines of the running job, listed and done; 0 where none runs.", connection,
                MetricDeclaration.Label("state", values: ["done", "listed"])),
            declare(
                "deletion_guard_stops_total", .counter,
                "Jobs that stopped because they would have removed too many machines.", connection),
        ]
    }

    private static func defender(_ connection: MetricDeclaration.Label) -> [MetricDeclaration] {
        [
            declare(
                "defender_requests_total", .counter, "Requests to Defender, retries included.", apis, statuses),
            declare(
                "defender_request_duration_seconds", .histogram(buckets: HistogramBuckets.requests),
                "Time of a request to Defender, without the wait for the rate budget.", apis),
            declare("defender_throttled_total", .counter, "Answers 429 of Defender.", apis),
            declare(
                "defender_wait_seconds_total", .counter,
                "Time that requests have waited for the rate budget, summed over all of them.", budgetedAPIs),
            declare(
                "defender_requests_waiting", .gauge, "Requests that wait for the rate budget now.", connection,
                budgetedAPIs),
            declare(
                "defender_budget_remaining_requests", .gauge,
                "Requests that the budget still allows in this minute and hour; +Inf without a limit.", connection,
                budgetedAPIs, windows),
            declare(
                "defender_budget_limit_requests", .gauge, "Requests allowed per minute and hour; +Inf without a limit.",
                connection, budgetedAPIs, windows),
            declare(
                "defender_budget_closed_seconds", .gauge,
                "How long the budget stays closed because Defender said so; 0: open.", connection, budgetedAPIs),
            declare(
                "token_expiry_timestamp_seconds", .gauge,
                "When the access token for Defender expires, since 1970; 0: none was needed yet.", connection),
        ]
    }

    private static func car(_ known: KnownLabels) -> [MetricDeclaration] {
        let calls = MetricDeclaration.Label("call", values: known.carCalls)
        return [
            declare("car_requests_total", .counter, "Requests to CAR, retries included.", calls, statuses),
            declare(
                "car_request_duration_seconds", .histogram(buckets: HistogramBuckets.requests),
                "Time of a request to CAR.", calls),
            declare(
                "car_imports_total", .counter,
                "Imports sent to CAR, by what became of them: unconfirmed ones passed their deadline.",
                MetricDeclaration.Label("outcome", values: ["confirmed", "failed", "unconfirmed", "cancelled"])),
            declare("car_imports_unconfirmed", .gauge, "Imports that CAR has not confirmed yet."),
            declare(
                "car_objects_sent_total", .counter, "Vertices and edges sent to CAR; counted when the job ends.",
                MetricDeclaration.Label("collection", values: known.vertices + known.edges)),
            declare(
                "car_edges_disabled_total", .counter, "Edges set inactive in CAR; counted when the job ends.",
                MetricDeclaration.Label("kind", values: known.edges)),
            declare("car_vertices_deleted_total", .counter, "Vertices deleted in CAR; counted when the job ends."),
        ]
    }

    private static let records: [MetricDeclaration] = [
        declare(
            "records_read_total", .counter, "Records read from Defender; counted when the job ends.", recordKinds),
        declare(
            "records_skipped_total", .counter,
            "Records that could not be used, by reason; counted when the job ends.",
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
            "webhook_deliveries_total", .counter,
            "Attempts to tell the webhook of a job's end, and events given up after the last.",
            MetricDeclaration.Label("outcome", values: ["delivered", "failed", "given_up"])),
        declare(
            "build_info", .gauge, "1, labelled with the version that runs and what it was built with.",
            MetricDeclaration.Label("version"), MetricDeclaration.Label("configuration"),
            MetricDeclaration.Label("swift")),
    ]

    private static func declare(
        _ name: String, _ kind: MetricDeclaration.Kind, _ help: String, _ labels: MetricDeclaration.Label...
    ) -> MetricDeclaration {
        MetricDeclaration(prefix + name, kind, help: help, labels: labels)
    }
}
