/// Counts the calls of one API family within the last minute and the last hour.
struct CallWindow: Sendable {
    let perMinute: Int
    let perHour: Int
    /// Milliseconds, oldest first; at most `perHour` of them.
    private var calls: [Int64] = []

    init(perMinute: Int, perHour: Int) {
        self.perMinute = perMinute
        self.perHour = perHour
    }

    /// Takes one call, or says after how many seconds one would be allowed and which limit was hit.
    mutating func take(at now: Int64) -> (retryAfter: Int, limit: String)? {
        let expired = calls.prefix { $0 <= now - 3_600_000 }.count
        // Trimmed in steps: removing from the front of an array moves the rest.
        if expired > 256 { calls.removeFirst(expired) }
        let live = expired > 256 ? calls[...] : calls[expired...]
        if live.count >= perHour {
            return (seconds(from: now, to: live[live.endIndex - perHour] + 3_600_000), "\(perHour) per 01:00:00")
        }
        let inMinute = live.reversed().prefix { $0 > now - 60_000 }.count
        if inMinute >= perMinute {
            return (seconds(from: now, to: live[live.endIndex - perMinute] + 60_000), "\(perMinute) per 00:01:00")
        }
        calls.append(now)
        return nil
    }

    private func seconds(from now: Int64, to time: Int64) -> Int {
        max(1, Int((time - now + 999) / 1000))
    }
}
