/// A user who logged on to a machine; only the account name reaches the graph.
public struct LogonUser: Sendable, Equatable {
    /// As Defender spells it; never empty.
    public var accountName: String

    public init(accountName: String) {
        self.accountName = accountName
    }
}
