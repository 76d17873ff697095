/// One thing that a connection check tried.
public struct CheckResult: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        case ok, denied, unreachable, misconfigured
    }

    /// A permission or service, e.g. `Machine.Read.All`.
    public var name: String
    public var status: Status
    /// What to do about it; `nil` where nothing is to be done.
    public var hint: String?
    /// The exit code of a command that ends because of it, as of a job that fails so (`JobFailure.code`); 0 when ok.
    public var code: Int

    public init(name: String, status: Status, hint: String? = nil, code: Int = 1) {
        self.name = name
        self.status = status
        self.hint = hint
        self.code = status == .ok ? 0 : code
    }
}
