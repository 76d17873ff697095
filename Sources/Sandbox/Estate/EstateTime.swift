import Foundation

/// A UTC time with the number of fraction digits it is written with, because Defender's times have 0 to 9 of them.
public struct EstateTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z, cut to `fractionDigits`.
    public let nanoseconds: Int64
    /// How many digits of the second's fraction are written, 0...9.
    public let fractionDigits: Int

    public init(nanoseconds: Int64, fractionDigits: Int = 7) {
        let digits = min(max(fractionDigits, 0), 9)
        let unit = (0..<(9 - digits)).reduce(Int64(1)) { unit, _ in unit * 10 }
        self.nanoseconds = Self.floor(nanoseconds, unit) * unit
        self.fractionDigits = digits
    }

    public init(milliseconds: Int64, fractionDigits: Int = 3) {
        self.init(nanoseconds: milliseconds * 1_000_000, fractionDigits: fractionDigits)
    }

    /// The time of the system's clock.
    public static func wallClock() -> EstateTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return EstateTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Whole milliseconds since 1970, rounded down.
    public var milliseconds: Int64 { Self.floor(nanoseconds, 1_000_000) }

    /// The time `seconds` later, or earlier where they are negative; where its year does not fit, the last or first
    /// that does.
    public func adding(seconds: Double, fractionDigits digits: Int? = nil) -> EstateTime {
        let reach = Self.reach
        let sum: Int64
        if let step = Int64(exactly: (seconds * 1e9).rounded(.towardZero)) {
            let (exact, overflows) = nanoseconds.addingReportingOverflow(step)
            sum = overflows ? (step < 0 ? reach.lowerBound : reach.upperBound) : exact
        } else {
            sum = seconds < 0 ? reach.lowerBound : reach.upperBound
        }
        return EstateTime(
            nanoseconds: min(max(sum, reach.lowerBound), reach.upperBound), fractionDigits: digits ?? fractionDigits)
    }

    public static func < (a: EstateTime, b: EstateTime) -> Bool { a.nanoseconds < b.nanoseconds }

    public var description: String { text }

    /// `2026-11-20T04:12:09.551Z`, with as many fraction digits as the time has.
    public var text: String {
        let seconds = Self.floor(nanoseconds, 1_000_000_000)
        let days = Self.floor(seconds, 86_400)
        let (year, month, day) = Self.civil(days: days)
        let rest = Int(seconds - days * 86_400)
        var text = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T"
        text += "\(Self.padded(rest / 3600, 2)):\(Self.padded(rest / 60 % 60, 2)):\(Self.padded(rest % 60, 2))"
        if fractionDigits > 0 {
            text += "." + Self.padded(Int(nanoseconds - seconds * 1_000_000_000), 9).prefix(fractionDigits)
        }
        return text + "Z"
    }

    /// The years whose nanoseconds fit in 64 bits.
    private static let years: ClosedRange<Int64> = 1678...2261

    /// The first and last nanosecond of those years.
    private static let reach =
        days(year: years.lowerBound, month: 1, day: 1) * 86_400_000_000_000...days(
            year: years.upperBound + 1, month: 1, day: 1) * 86_400_000_000_000 - 1

    /// Reads `YYYY-MM-DDTHH:MM:SS[.f{1,9}]Z`, or a date alone; `nil` for anything else.
    public static func parse(_ text: String) -> EstateTime? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            years.contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let midnight = days(year: year, month: month, day: day) * 86_400
        if bytes.count == 10 { return EstateTime(nanoseconds: midnight * 1_000_000_000, fractionDigits: 0) }
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), bytes.last == UInt8(ascii: "Z"),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        let digits = bytes.count - 21
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), (1...9).contains(digits), let given = number(20..<20 + digits) else {
                return nil
            }
            fraction = (digits..<9).reduce(given) { value, _ in value * 10 }
        }
        let seconds = midnight + hour * 3600 + minute * 60 + second
        return EstateTime(nanoseconds: seconds * 1_000_000_000 + fraction, fractionDigits: max(0, digits))
    }

    private static func floor(_ value: Int64, _ unit: Int64) -> Int64 {
        value >= 0 ? value / unit : -((-value + unit - 1) / unit)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    // Days and civil dates convert by the era method (400 years of 146,097 days), valid for every date here.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = floor(y, 400)
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = floor(z, 146_097)
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (
            Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), Int(month), Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
        )
    }
}
