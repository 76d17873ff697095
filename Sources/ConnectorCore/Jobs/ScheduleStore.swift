/// Remembers up to when a schedule's ticks have been dealt with, so that ticks missed while the service was down are
/// noticed. Calls block like those of `JobStore`.
public protocol ScheduleStore: Sendable {
    func scheduleMark(of connection: String, kind: JobKind) throws -> ScheduleMark?
    /// Replaces the mark of the connection and kind.
    func save(_ mark: ScheduleMark, of connection: String, kind: JobKind) throws
}

public struct ScheduleMark: Sendable, Equatable {
    /// The schedule as it was configured; a mark of another schedule says nothing about missed ticks.
    public var expression: String
    /// Every tick at or before this moment has been dealt with.
    public var consideredUntil: Timestamp

    public init(expression: String, consideredUntil: Timestamp) {
        self.expression = expression
        self.consideredUntil = consideredUntil
    }
}
