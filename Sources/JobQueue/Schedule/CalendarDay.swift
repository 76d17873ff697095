/// A day of the Gregorian calendar in UTC, with the arithmetic a schedule needs.
struct CalendarDay {
    private(set) var daysSince1970: Int64
    private(set) var year: Int64
    private(set) var month: Int
    private(set) var day: Int

    init(daysSince1970: Int64) {
        self.daysSince1970 = daysSince1970
        // Counted in cycles of 400 years that begin on March 1st, so that the leap day comes last.
        let shifted = daysSince1970 + 719_468
        let cycle = (shifted - (shifted < 0 ? 146_096 : 0)) / 146_097
        let ofCycle = shifted - cycle * 146_097
        let yearOfCycle = (ofCycle - ofCycle / 1460 + ofCycle / 36_524 - ofCycle / 146_096) / 365
        let ofYear = ofCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        day = Int(ofYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// 0 is Sunday.
    var dayOfWeek: Int {
        let remainder = Int((daysSince1970 + 4) % 7)
        return remainder < 0 ? remainder + 7 : remainder
    }

    mutating func advance() {
        daysSince1970 += 1
        day += 1
        guard day > Self.days(inMonth: month, isLeapYear: isLeapYear) else { return }
        (day, month) = (1, month + 1)
        guard month > 12 else { return }
        (month, year) = (1, year + 1)
    }

    static func days(inMonth month: Int, isLeapYear: Bool) -> Int {
        switch month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
}
