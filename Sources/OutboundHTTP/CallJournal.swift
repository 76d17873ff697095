/// Remembers the calls of a budget beyond the process's life. Times are seconds since 1970.
public protocol CallJournal: Sendable {
    /// Returns when the call is on disk: only then it goes out, so that a killed process forgets none.
    func willCall(at moment: Double) async
    /// The server lets no call in before that moment.
    func closed(until moment: Double)
}
