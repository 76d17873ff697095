/// A user who logged on to a machine; only the account name reaches the graph.
public struct LogonUser: Sendable, Equatable {
    /// As Defender spells it; never empty.
    public var accountName: String

    public init(accountName: String) {
        self.accountName = accountName
    }
}

/// The users of a batch of machines. A machine that nobody logged on to has no entry.
public struct LogonsAnswer: Sendable {
    public var users: [MachineID: [LogonUser]]
    public var rowsRead: Int
    public var skipped: [SkippedRecord]

    public init(users: [MachineID: [LogonUser]] = [:], rowsRead: Int = 0, skipped: [SkippedRecord] = []) {
        self.users = users
        self.rowsRead = rowsRead
        self.skipped = skipped
    }
}
