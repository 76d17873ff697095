import ConnectorCore
import Foundation

extension Timestamp {
    /// The time of day, which may jump when the clock is set.
    @Sendable public static func wallClock() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
