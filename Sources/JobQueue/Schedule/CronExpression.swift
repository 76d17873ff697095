import ConnectorCore

/// A schedule in cron's notation, in UTC: minute, hour, day of month, month, day of week.
///
/// - Lists, ranges, steps; months and weekdays also by three-letter names; Sunday is 0 or 7.
/// - `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`, `@yearly` (`@annually`).
/// - Where both day fields are restricted, a day that fits either fits; a field that begins with `*` does not count as
///   restricted. (The rule of crontab(5).)
public struct CronExpression: Sendable, Equatable {
    /// As it was written.
    public let text: String
    private let minute: CronField
    private let hour: CronField
    private let dayOfMonth: CronField
    private let month: CronField
    private let dayOfWeek: CronField

    /// - Throws: `CronError`, also for a schedule with no tick at all, such as February 30.
    public init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw CronError(reason: "a cron expression has at most \(Self.bytesMax) characters")
        }
        let words = try Self.words(text)
        self.text = text
        minute = try CronField(words[0], .minute)
        hour = try CronField(words[1], .hour)
        dayOfMonth = try CronField(words[2], .dayOfMonth)
        month = try CronField(words[3], .month)
        dayOfWeek = try CronField(words[4], .dayOfWeek)
        guard hasTicks else {
            throw CronError(field: "day of month", reason: "no month of the schedule has such a day, so it never runs")
        }
    }

    /// The first tick after the moment.
    ///
    /// - Returns: `nil` where there is none within 40 years; the rarest of schedules, February 29 on a certain weekday,
    ///   comes that often.
    public func next(after moment: Timestamp) -> Timestamp? {
        let minutes = Self.floored(moment.milliseconds, by: 60_000) + 1
        var day = CalendarDay(daysSince1970: Self.floored(minutes, by: 1440))
        var from = Int(minutes - day.daysSince1970 * 1440)
        for _ in 0..<Self.daysMax {
            if matches(day), let found = minuteOfDay(from: from) {
                return Timestamp(milliseconds: (day.daysSince1970 * 1440 + Int64(found)) * 60_000)
            }
            day.advance()
            from = 0
        }
        return nil
    }

    private static let bytesMax = 200
    private static let daysMax = 40 * 366

    private func matches(_ day: CalendarDay) -> Bool {
        guard month.contains(day.month) else { return false }
        let (byMonth, byWeek) = (dayOfMonth.contains(day.day), dayOfWeek.contains(day.dayOfWeek))
        return areDaysAlternatives ? byMonth || byWeek : byMonth && byWeek
    }

    private var areDaysAlternatives: Bool { !dayOfMonth.beginsWithStar && !dayOfWeek.beginsWithStar }

    private func minuteOfDay(from: Int) -> Int? {
        guard let hourFound = hour.first(from: from / 60) else { return nil }
        if hourFound == from / 60, let found = minute.first(from: from % 60) { return hourFound * 60 + found }
        let later = hourFound == from / 60 ? hour.first(from: hourFound + 1) : hourFound
        guard let later, let found = minute.first(from: 0) else { return nil }
        return later * 60 + found
    }

    private var hasTicks: Bool {
        areDaysAlternatives
            || (1...12).contains { number in
                guard month.contains(number), let day = dayOfMonth.first(from: 1) else { return false }
                return day <= CalendarDay.days(inMonth: number, isLeapYear: true)
            }
    }

    private static func words(_ text: String) throws(CronError) -> [Substring] {
        let words = text.split { $0 == " " || $0 == "\t" }
        if words.count == 1, let name = words.first, name.hasPrefix("@") {
            guard let meaning = names[name.lowercased()] else {
                throw CronError(
                    reason:
                        "\"\(name.prefix(20))\" is unknown; known are \(names.keys.sorted().joined(separator: ", "))"
                )
            }
            return meaning.split(separator: " ")
        }
        guard words.count == 5 else {
            throw CronError(
                reason: "five fields are needed (minute, hour, day of month, month, day of week), not \(words.count)")
        }
        return words
    }

    private static let names = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
