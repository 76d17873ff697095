import ConnectorCore
import Foundation
import JobQueue
import Testing

@Suite struct `A cron expression` {
    @Test(arguments: [
        ("* * * * *", "2026-11-20T10:02:30.5Z", "2026-11-20T10:03:00Z"),
        ("* * * * *", "2026-11-20T10:03:00Z", "2026-11-20T10:04:00Z"),
        ("*/15 * * * *", "2026-11-20T23:45:00Z", "2026-11-21T00:00:00Z"),
        ("5/20 * * * *", "2026-11-20T10:25:00Z", "2026-11-20T10:45:00Z"),
        ("30 2 * * *", "2026-12-31T02:30:00Z", "2027-01-01T02:30:00Z"),
        ("0 9-17/4 * * mon-fri", "2026-11-20T17:00:00Z", "2026-11-23T09:00:00Z"),
        ("0 0 1,15 * *", "2026-11-15T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("0 0 29 2 *", "2026-11-20T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("0 0 31 * *", "2026-11-20T00:00:00Z", "2026-12-31T00:00:00Z"),
        ("0 0 * * 7", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("0 0 * * 0", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("0 0 * * 5-7", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("0 0 13 * FRI", "2026-11-20T12:00:00Z", "2026-11-27T00:00:00Z"),
        ("0 0 25 * fri", "2026-11-20T12:00:00Z", "2026-11-25T00:00:00Z"),
        ("0 0 */2 * mon", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"),
        ("0 0 */2 * tue", "2026-11-20T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("0 0 29 2 */7", "2026-11-20T00:00:00Z", "2032-02-29T00:00:00Z"),
        ("0 0 29 2 */7", "2088-03-01T00:00:00Z", "2128-02-29T00:00:00Z"),
        ("15 4 * Jan,jul *", "2026-11-20T00:00:00Z", "2027-01-01T04:15:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
        ("\t0  12 * * *  ", "2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"),
        ("@hourly", "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"),
        ("@daily", "2026-11-20T10:00:00Z", "2026-11-21T00:00:00Z"),
        ("@midnight", "2026-11-20T10:00:00Z", "2026-11-21T00:00:00Z"),
        ("@Weekly", "2026-11-20T10:00:00Z", "2026-11-22T00:00:00Z"),
        ("@monthly", "2026-11-20T10:00:00Z", "2026-12-01T00:00:00Z"),
        ("@yearly", "2026-11-20T10:00:00Z", "2027-01-01T00:00:00Z"),
        ("* * * * *", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"),
    ])
    func `gives the next tick`(text: String, after: String, next: String) throws {
        let moment = try #require(Timestamp(iso8601: after))
        #expect(try CronExpression(text).next(after: moment) == Timestamp(iso8601: next))
    }

    @Test(
        arguments: [
            ("", nil, "five fields"), ("* * * *", nil, "not 4"), ("* * * * * *", nil, "not 6"),
            ("60 * * * *", "minute", "60 is outside 0 to 59"), ("* 24 * * *", "hour", "24 is outside"),
            ("* * 0 * *", "day of month", "0 is outside 1 to 31"), ("* * * 13 *", "month", "13 is outside 1 to 12"),
            ("* * * * 8", "day of week", "8 is outside 0 to 7"), ("-5 * * * *", "minute", "\"\" is not a number"),
            ("+5 * * * *", "minute", "\"+5\" is not a number"), ("1,,2 * * * *", "minute", "\"\" is not"),
            ("30-10 * * * *", "minute", "runs backwards"), ("* * * * fri-mon", "day of week", "runs backwards"),
            ("*/0 * * * *", "minute", "step"), ("*/ * * * *", "minute", "step"), ("*/x * * * *", "minute", "step"),
            ("*/99 * * * *", "minute", "step"), ("jan * * * *", "minute", "\"jan\" is not a number"),
            ("* * * foo *", "month", "three-letter name"), ("1-2-3 * * * *", "minute", "\"2-3\""),
            ("* * 30 2 *", "day of month", "never runs"),
            ("* * 31 feb,apr,jun,sep,nov *", "day of month", "never runs"),
            ("@reboot", nil, "@hourly"), ("99999999999999999999 * * * *", "minute", "is not a number"),
            ("٣ * * * *", "minute", "is not a number"), (String(repeating: "1,", count: 500), nil, "at most"),
        ] as [(String, String?, String)])
    func `names the field and the reason of a mistake`(text: String, field: String?, reason: String) {
        let error = #expect(throws: CronError.self) { _ = try CronExpression(text) }
        #expect(error?.field == field)
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func `with an impossible day but a weekday runs on the weekday`() throws {
        let moment = try #require(Timestamp(iso8601: "2026-11-20T00:00:00Z"))
        let next = try CronExpression("0 0 30 2 mon").next(after: moment)
        #expect(next == Timestamp(iso8601: "2027-02-01T00:00:00Z"))
    }

    @Test func `agrees with looking at every minute`() throws {
        var generator = Generator(state: 20_261_123)
        for _ in 0..<150 {
            let fields = RandomFields(using: &generator)
            let expression = try CronExpression(fields.text)
            let start = Int64.random(in: 20_000_000...40_000_000, using: &generator)
            let next = try #require(expression.next(after: Timestamp(milliseconds: start * 60_000 + 30_000)))
            let brute = fields.firstMinute(after: start, within: 45 * 1440)
            if let brute {
                #expect(next.milliseconds == brute * 60_000, "\(fields.text) after minute \(start)")
            } else {
                #expect(next.milliseconds > (start + 45 * 1440) * 60_000, "\(fields.text) after minute \(start)")
            }
        }
    }
}

/// A generator that repeats itself from run to run (SplitMix64).
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Five sets of values, written as cron does and tested by Foundation's calendar.
private struct RandomFields {
    let text: String
    private let sets: [Set<Int>?]

    init(using generator: inout Generator) {
        let ranges = [0...59, 0...23, 1...28, 1...12, 0...6]
        var sets: [Set<Int>?] = []
        for range in ranges {
            let isStar = Bool.random(using: &generator)
            let count = Int.random(in: 1...4, using: &generator)
            sets.append(isStar ? nil : Set((0..<count).map { _ in Int.random(in: range, using: &generator) }))
        }
        self.sets = sets
        text = sets.map { $0?.sorted().map(String.init).joined(separator: ",") ?? "*" }.joined(separator: " ")
    }

    func firstMinute(after start: Int64, within minutes: Int64) -> Int64? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var day: Int64 = .min
        var isDay = false
        for minute in (start + 1)...(start + minutes) {
            if minute / 1440 != day {
                day = minute / 1440
                let parts = calendar.dateComponents(
                    [.day, .month, .weekday], from: Date(timeIntervalSince1970: Double(minute * 60)))
                isDay = matches(day: parts.day ?? 0, month: parts.month ?? 0, weekday: (parts.weekday ?? 0) - 1)
            }
            if isDay, sets[0]?.contains(Int(minute % 60)) ?? true, sets[1]?.contains(Int(minute / 60 % 24)) ?? true {
                return minute
            }
        }
        return nil
    }

    private func matches(day: Int, month: Int, weekday: Int) -> Bool {
        guard sets[3]?.contains(month) ?? true else { return false }
        if let days = sets[2], let weekdays = sets[4] { return days.contains(day) || weekdays.contains(weekday) }
        return (sets[2]?.contains(day) ?? true) && (sets[4]?.contains(weekday) ?? true)
    }
}
