/// Text of others made fit for messages and log lines: one line, short, without control characters and known secrets.
public struct SafeText: Sendable {
    private typealias Scalars = [Unicode.Scalar]

    private let secrets: [Scalars]

    public init(hiding secrets: [String]) {
        // Looked for in the form in which they would be shown. Longer ones first, so that one that holds another is
        // replaced whole.
        self.secrets = secrets.map(SafeText.visible).filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    /// At most `limit` Unicode scalars, an ellipsis included.
    public func shortened(_ text: String, to limit: Int = 300) -> String {
        // Secrets are looked for in what is visible: without an invisible character in its midst one would show.
        // By scalars: what combines with a secret's last character would make another character of it.
        let visible = SafeText.visible(text)
        var shown = String.UnicodeScalarView()
        var position = visible.startIndex
        while position < visible.endIndex, shown.count <= limit {
            let rest = visible[position...]
            if let secret = secrets.first(where: rest.starts) {
                shown.append(contentsOf: "<redacted>".unicodeScalars)
                position += secret.count
            } else {
                shown.append(visible[position])
                position += 1
            }
        }
        guard shown.count > limit else { return String(shown) }
        return String(shown.prefix(limit - 1)) + "…"
    }

    /// Runs of spaces and control characters become one space, none at the ends; what shows nothing is left out.
    private static func visible(_ text: String) -> Scalars {
        var kept = Scalars()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                if let last = kept.last, last != " " { kept.append(" ") }
            case .format, .surrogate, .privateUse, .unassigned: continue
            default: kept.append(scalar)
            }
        }
        if kept.last == " " { kept.removeLast() }
        return kept
    }
}
