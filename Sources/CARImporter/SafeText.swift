/// Text of others made fit for a log line: one line, short, without control characters and known secrets.
struct SafeText: Sendable {
    private let secrets: [String]

    init(hiding secrets: [String]) {
        // Longer ones first, so that one that holds another is replaced whole.
        self.secrets = secrets.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// At most `limit` characters, an ellipsis included.
    func shortened(_ text: String, to limit: Int = 300) -> String {
        // Cut before anything else: the text may be megabytes long. A secret across this cut lies far beyond `limit`.
        var line = String.UnicodeScalarView(text.unicodeScalars.prefix(8 * limit))
        // By scalars: what combines with a secret's last character would make another character of it.
        for secret in secrets {
            line = line.replacing(secret.unicodeScalars, with: "<redacted>".unicodeScalars)
        }
        var kept = String.UnicodeScalarView()
        for scalar in line {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                if kept.last != " " { kept.append(" ") }
            case .format, .surrogate, .privateUse, .unassigned: continue
            default: kept.append(scalar)
            }
        }
        while kept.first == " " { kept.removeFirst() }
        while kept.last == " " { kept.removeLast() }
        guard kept.count > limit else { return String(kept) }
        return String(kept.prefix(limit - 1)) + "…"
    }
}
