/// How log lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line: `ts`, `level`, `logger`, `message`, then the metadata.
    case json
    /// `2026-11-23T20:49:00.123Z info jobs: message key=value`, for people.
    case text
}
