/// A moment in UTC, in milliseconds since 1970-01-01.
///
/// Defender writes 0 to 9 fraction digits; what is finer than a millisecond is cut, which moves a moment into the past by
/// less than 1 ms: a window that starts at it still covers it.
public struct Timestamp: Hashable, Sendable, Comparable, Codable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    public func adding(seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds + seconds * 1000)
    }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

extension Timestamp {
    /// Reads ISO 8601 as the upstreams write it: `2026-11-20T04:12:09.5518Z`, a space for the `T`, 0 to 9 fraction
    /// digits, `Z`, an offset (`+02:00`) or no zone at all (read as UTC), or a date alone.
    ///
    /// - Returns: `nil` for anything else.
    public init?(iso8601 text: some StringProtocol) {
        self.init(iso8601Bytes: Array(text.utf8))
    }

    init?(iso8601Bytes bytes: [UInt8]) {
        var reader = ISO8601Reader(bytes: bytes)
        guard let milliseconds = reader.milliseconds() else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// `2026-11-20T04:12:09.551Z`, always with three fraction digits.
    public var iso8601: String {
        let (days, ofDay) = milliseconds.floorDivided(by: 86_400_000)
        let (year, month, day) = civilDate(daysSince1970: days)
        let text = [
            pad(year, 4), "-", pad(month, 2), "-", pad(day, 2), "T", pad(ofDay / 3_600_000, 2), ":",
            pad(ofDay / 60_000 % 60, 2), ":", pad(ofDay / 1000 % 60, 2), ".", pad(ofDay % 1000, 3), "Z",
        ]
        return text.joined()
    }

    private func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Walks once over the text of a time.
private struct ISO8601Reader {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func milliseconds() -> Int64? {
        guard let year = number(digits: 4), take(0x2D), let month = number(digits: 2), (1...12).contains(month),
            take(0x2D), let day = number(digits: 2), (1...31).contains(day)
        else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        if index == bytes.count { return days * 86_400_000 }
        guard take(0x54) || take(0x20) || take(0x74), let hour = number(digits: 2), hour < 24, take(0x3A),
            let minute = number(digits: 2), minute < 60
        else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if take(0x3A) {
            guard let read = number(digits: 2), read <= 60 else { return nil }
            second = read
            if take(0x2E) || take(0x2C) {
                guard let read = fractionMilliseconds() else { return nil }
                fraction = read
            }
        }
        guard let offset = offsetMinutes(), index == bytes.count else { return nil }
        return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + fraction
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func number(digits: Int) -> Int64? {
        guard index + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            let byte = bytes[index]
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
            index += 1
        }
        return value
    }

    private mutating func fractionMilliseconds() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
            if digits < 3 { value = value * 10 + Int64(bytes[index] - 0x30) }
            digits += 1
            index += 1
        }
        guard (1...9).contains(digits) else { return nil }
        for _ in digits..<max(digits, 3) { value *= 10 }
        return value
    }

    private mutating func offsetMinutes() -> Int64? {
        if index == bytes.count || take(0x5A) || take(0x7A) { return 0 }
        let sign: Int64 = take(0x2D) ? -1 : (take(0x2B) ? 1 : 0)
        guard sign != 0, let hours = number(digits: 2) else { return nil }
        _ = take(0x3A)
        guard let minutes = number(digits: 2) else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

/// Days from the civil calendar, valid for every Gregorian year (the usual era-based arithmetic).
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.floorDivided(by: 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).floorDivided(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
