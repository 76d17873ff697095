/// What is left of a connection's call budget for one of Defender's APIs.
public struct BudgetInfo: Sendable, Equatable {
    public struct Window: Sendable, Equatable {
        /// `nil` without a limit.
        public var remaining: Int?
        public var limit: Int?

        public init(remaining: Int?, limit: Int?) {
            self.remaining = remaining
            self.limit = limit
        }
    }

    public var api: String
    public var minute: Window
    public var hour: Window
    /// Calls that wait for their turn.
    public var waiting: Int
    /// How long Defender said to wait; 0: not at all.
    public var closedSeconds: Int

    public init(api: String, minute: Window, hour: Window, waiting: Int, closedSeconds: Int) {
        self.api = api
        self.minute = minute
        self.hour = hour
        self.waiting = waiting
        self.closedSeconds = closedSeconds
    }
}
