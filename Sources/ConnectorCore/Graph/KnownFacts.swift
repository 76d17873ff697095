/// What is known of a machine from before, by keys; it stands in for what a run has not read.
public struct KnownFacts: Sendable, Equatable {
    public var accounts: [String]
    public var findings: [Finding]

    public init(accounts: [String] = [], findings: [Finding] = []) {
        self.accounts = accounts
        self.findings = findings
    }
}
