import ConnectorCore

/// A job as the API shows it.
enum JobView {
    static func json(_ job: Job) -> JSONValue {
        let path = path(of: job.id)
        return .object([
            "id": .string(job.id.text),
            "kind": .string(job.kind.rawValue),
            "connection": .string(job.connection),
            "state": .string(job.state.rawValue),
            "trigger": .string(job.trigger.rawValue),
            "options": .object([
                "alerts": flag(job.options.alerts),
                "vulnerabilities": flag(job.options.vulnerabilities),
            ]),
            "createdAt": .string(job.createdAt.iso8601),
            "startedAt": JSONValue(job.startedAt?.iso8601),
            "endedAt": JSONValue(job.endedAt?.iso8601),
            "attempt": JSONValue(job.attempt),
            "effectiveKind": JSONValue(job.effectiveKind?.rawValue),
            "fallbackReason": JSONValue(job.fallbackReason),
            "savePoint": .object(["from": JSONValue(job.savePoint.from), "to": JSONValue(job.savePoint.to)]),
            "progress": progress(job.progress),
            "failure": job.failure.map(failure) ?? .null,
            "links": .object([
                "self": .string(path), "events": .string(path + "/events"), "report": .string(path + "/report"),
            ]),
        ])
    }

    static func path(of id: JobID) -> String { "/v1/jobs/\(id.text)" }

    /// The tag changes with every visible change of the job.
    static func entityTag(_ job: Job) -> String { "\"\(job.version)\"" }

    private static func flag(_ value: Bool?) -> JSONValue { value.map(JSONValue.bool) ?? .null }

    private static func progress(_ progress: JobProgress) -> JSONValue {
        .object([
            "phase": .string(progress.phase.rawValue),
            "machines": .object([
                "done": JSONValue(progress.machines.done), "total": JSONValue(progress.machines.total),
            ]),
            "requests": .object([
                "defender": JSONValue(progress.requests.defender), "car": JSONValue(progress.requests.car),
            ]),
            "etaSeconds": JSONValue(progress.etaSeconds),
            "forecast": progress.forecast.map(forecast) ?? .null,
            "waitingUntil": progress.waitingUntil.map { .string($0.iso8601) } ?? .null,
        ])
    }

    private static func forecast(_ forecast: JobProgress.Forecast) -> JSONValue {
        .object([
            "calls": .object([
                "machines": JSONValue(forecast.calls.machines), "logonusers": JSONValue(forecast.calls.logonUsers),
                "hunting": JSONValue(forecast.calls.hunting), "alerts": JSONValue(forecast.calls.alerts),
                "vulnerabilityexport": JSONValue(forecast.calls.vulnerabilityExport),
                "vulnerabilities": JSONValue(forecast.calls.vulnerabilities),
            ]),
            "seconds": JSONValue(forecast.seconds),
        ])
    }

    private static func failure(_ failure: JobFailure) -> JSONValue {
        .object([
            "class": .string(failure.class.rawValue),
            "code": JSONValue(failure.code),
            "message": .string(failure.message),
            "retryable": .bool(failure.retryable),
        ])
    }
}
