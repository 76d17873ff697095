/// How long a run goes on asking a service that is down: for a tenth of the time since it began, because a run that fails
/// begins anew. One of seconds fails soon, and the next comes in minutes; an import of hours outlasts a restart.
///
/// Of the task and not a parameter, because the clients make the calls of all runs, and only the wait is the run's.
public struct RunPatience: Sendable {
    public static let secondsMax = 900.0

    @TaskLocal static var current: RunPatience?

    let startedAt: Timestamp
    let now: @Sendable () -> Timestamp

    /// Of the run that the current task belongs to; 0 outside of runs.
    public static func seconds() -> Double {
        guard let current else { return 0 }
        let age = Double(current.now().milliseconds - current.startedAt.milliseconds) / 1000
        return min(max(age, 0) / 10, secondsMax)
    }
}
