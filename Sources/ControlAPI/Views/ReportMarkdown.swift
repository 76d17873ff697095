import ConnectorCore

/// The reconciliation of a job as Markdown, for tickets and mails.
enum ReportMarkdown {
    static func text(_ report: ImportReport, of job: Job) -> String {
        var lines = ["# Import report", ""]
        lines += [
            row(["Job", job.id.text]), row(["---", "---"]),
            row(["Kind", (job.effectiveKind ?? job.kind).rawValue]), row(["Connection", escaped(job.connection)]),
            row(["State", job.state.rawValue]), row(["Requested", job.createdAt.iso8601]),
            row(["Started", job.startedAt?.iso8601 ?? "-"]), row(["Ended", job.endedAt?.iso8601 ?? "-"]),
            row(["Save point", savePoint(of: job)]),
            row(["Sums match", report.isBalanced ? "yes" : job.state == .succeeded ? "no" : "no, the run did not end"]),
        ]
        if let reason = job.fallbackReason { lines.append(row(["Fallback", escaped(reason)])) }
        if let failure = job.failure {
            lines.append(row(["Failure", "\(failure.class.rawValue) (\(failure.code)): \(escaped(failure.message))"]))
        }
        lines += ["", "## Read from Defender", "", row(["Records", "Read", "Mapped", "Skipped"])]
        lines.append(row(["---", "---:", "---:", "---"]))
        for (kind, read) in report.records.sorted(by: { $0.key < $1.key }) {
            let skipped = read.skipped.sorted { $0.key < $1.key }.map { "\(escaped($0.key)): \($0.value)" }
            lines.append(
                row([
                    escaped(kind), "\(read.read)", "\(read.mapped)",
                    skipped.isEmpty ? "0" : skipped.joined(separator: ", "),
                ]))
        }
        lines += ["", "## Written to CAR", ""]
        lines.append(row(["Objects", "Sent", "Confirmed", "Created", "Updated", "Disabled", "Deleted"]))
        lines.append(row(["---"] + Array(repeating: "---:", count: 6)))
        for (collection, written) in report.objects.sorted(by: { $0.key < $1.key }) {
            let counts = [
                written.sent, written.confirmed, written.created, written.updated, written.disabled, written.deleted,
            ]
            lines.append(row([escaped(collection)] + counts.map(String.init)))
        }
        if !report.skipped.isEmpty {
            lines += ["", "## Skipped records", "", row(["Kind", "Id", "Reason"]), row(["---", "---", "---"])]
            lines += report.skipped.map { row([$0.kind.rawValue, escaped($0.id ?? "-"), escaped($0.reason)]) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Only a run that succeeds moves it.
    private static func savePoint(of job: Job) -> String {
        let from = escaped(job.savePoint.from ?? "-")
        if job.state == .succeeded { return "\(from) → \(escaped(job.savePoint.to ?? "-"))" }
        return job.state.isFinal ? "\(from), not moved" : "\(from), moves when the run succeeds"
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |"
    }

    /// Text from outside with everything escaped that Markdown or HTML would act on. An underscore inside a word, as in
    /// the reasons for skipping, means nothing to Markdown and stays readable.
    static func escaped(_ text: String) -> String {
        var result = ""
        let scalars = Array(text.unicodeScalars)
        func isInsideWord(_ position: Int) -> Bool {
            [position - 1, position + 1].allSatisfy { near in
                scalars.indices.contains(near) && scalars[near].isASCII && scalars[near].properties.isAlphabetic
            }
        }
        for (position, scalar) in scalars.enumerated() {
            switch scalar {
            case "_" where isInsideWord(position): result += "_"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            default:
                switch scalar.properties.generalCategory {
                // Marks of direction would make a line read as another one.
                case .control, .format, .lineSeparator, .paragraphSeparator: result += " "
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}
