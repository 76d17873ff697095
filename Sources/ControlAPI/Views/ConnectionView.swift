import ConnectorCore

/// A connection as the API shows it.
enum ConnectionView {
    static func json(
        _ info: ConnectionInfo, _ summary: ConnectionSummary, nextScheduled: [JobKind: Timestamp],
        budgets: [BudgetInfo]
    ) -> JSONValue {
        let path = "/v1/connections/" + URLText.encoded(info.name)
        return .object([
            "name": .string(info.name),
            "defenderUrl": info.defenderURL.isEmpty ? .null : .string(info.defenderURL),
            "carUrl": info.carURL.isEmpty ? .null : .string(info.carURL),
            "options": .object(["alerts": .bool(info.alerts), "vulnerabilities": .bool(info.vulnerabilities)]),
            "savePoint": JSONValue(summary.savePoint),
            "machinesKnown": JSONValue(summary.machinesKnown),
            "schedules": byKind { JSONValue(info.schedules[$0]) },
            "nextRuns": byKind { JSONValue(nextScheduled[$0]?.iso8601) },
            "lastRuns": .object([
                "initial": summary.lastInitial.map(JobView.json) ?? .null,
                "incremental": summary.lastIncremental.map(JobView.json) ?? .null,
            ]),
            "running": summary.running.map(JobView.json) ?? .null,
            "queued": JSONValue(summary.queued),
            "budgets": .array(budgets.map(json)),
            "links": .object([
                "self": .string(path), "check": .string(path + "/check"),
                "jobs": .string("/v1/jobs?connection=" + URLText.encoded(info.name)),
            ]),
        ])
    }

    private static func json(_ budget: BudgetInfo) -> JSONValue {
        .object([
            "api": .string(budget.api), "minute": json(budget.minute), "hour": json(budget.hour),
            "waiting": JSONValue(budget.waiting), "closedSeconds": JSONValue(budget.closedSeconds),
        ])
    }

    private static func json(_ window: BudgetInfo.Window) -> JSONValue {
        .object(["remaining": JSONValue(window.remaining), "limit": JSONValue(window.limit)])
    }

    static func checks(_ name: String, _ results: [CheckResult]) -> JSONValue {
        .object([
            "connection": .string(name),
            "checks": .array(
                results.map { result in
                    .object([
                        "name": .string(result.name), "status": .string(result.status.rawValue),
                        "hint": JSONValue(result.hint),
                    ])
                }),
        ])
    }

    private static func byKind(_ value: (JobKind) -> JSONValue) -> JSONValue {
        .object(["initial": value(.initial), "incremental": value(.incremental)])
    }
}
