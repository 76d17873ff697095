import ConnectorCore

/// When a connection's runs of a kind are due.
public struct ScheduleEntry: Sendable, Equatable {
    public var connection: String
    public var kind: JobKind
    public var expression: CronExpression

    public init(connection: String, kind: JobKind, expression: CronExpression) {
        self.connection = connection
        self.kind = kind
        self.expression = expression
    }

    /// What to do about the entry now. Pure.
    enum Decision: Equatable {
        /// No tick has passed.
        case wait
        /// One or more ticks have passed since the mark: one run makes up for all of them.
        case run
        /// The mark says nothing about this schedule: count from now.
        case begin
    }

    /// - Parameter mark: up to when ticks have been dealt with; `nil` for a new schedule.
    func decision(mark: ScheduleMark?, now: Timestamp) -> Decision {
        guard let mark, mark.expression == expression.text else { return .begin }
        // A mark from a clock that was far ahead would silence the schedule until that time comes.
        guard mark.consideredUntil <= now.adding(seconds: 3600) else { return .begin }
        guard let tick = expression.next(after: mark.consideredUntil) else { return .wait }
        return tick <= now ? .run : .wait
    }
}
