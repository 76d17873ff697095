import ConnectorCore

/// The reconciliation of a job as JSON.
enum ReportView {
    static func json(_ report: ImportReport, of job: Job) -> JSONValue {
        .object([
            "job": .string(job.id.text),
            "kind": .string(job.kind.rawValue),
            "effectiveKind": JSONValue(job.effectiveKind?.rawValue),
            "connection": .string(job.connection),
            "state": .string(job.state.rawValue),
            // While the job runs the numbers grow and need not add up yet.
            "final": .bool(job.state.isFinal),
            "balanced": .bool(report.isBalanced),
            "savePoint": .object(["from": JSONValue(job.savePoint.from), "to": JSONValue(job.savePoint.to)]),
            "records": byName(report.records) { read in
                .object([
                    "read": JSONValue(read.read), "mapped": JSONValue(read.mapped), "skipped": .counts(read.skipped),
                ])
            },
            "objects": byName(report.objects) { written in
                .object([
                    "sent": JSONValue(written.sent), "confirmed": JSONValue(written.confirmed),
                    "created": JSONValue(written.created), "updated": JSONValue(written.updated),
                    "disabled": JSONValue(written.disabled), "deleted": JSONValue(written.deleted),
                ])
            },
            "skipped": .array(
                report.skipped.map { record in
                    .object([
                        "kind": .string(record.kind.rawValue), "id": JSONValue(record.id),
                        "reason": .string(record.reason),
                    ])
                }),
        ])
    }

    private static func byName<Value>(_ values: [String: Value], _ view: (Value) -> JSONValue) -> JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: view($0.value)) })
    }
}
