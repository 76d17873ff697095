/// One of the five fields of a cron expression: the values it allows.
struct CronField: Equatable {
    /// What a field may say.
    struct Rule {
        var name: String
        var range: ClosedRange<Int>
        /// Three-letter names; the first stands for the lower end of the range.
        var names: [String] = []
        /// A second way to write a value: 7 for Sunday.
        var alias: (written: Int, means: Int)?

        static let minute = Rule(name: "minute", range: 0...59)
        static let hour = Rule(name: "hour", range: 0...23)
        static let dayOfMonth = Rule(name: "day of month", range: 1...31)
        static let month = Rule(
            name: "month", range: 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
        static let dayOfWeek = Rule(
            name: "day of week", range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], alias: (7, 0))
    }

    /// Bit n stands for the value n.
    private var bits: UInt64 = 0
    /// Whether it begins with `*`, which decides how the two day fields combine.
    private(set) var beginsWithStar: Bool

    func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }

    /// The first value at or above `value`.
    func first(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = bits >> UInt64(value)
        return rest == 0 ? nil : value + rest.trailingZeroBitCount
    }

    /// Reads a list of values, ranges (`a-b`) and steps (`*/n`, `a-b/n`, `a/n`: from a to the end).
    init(_ text: Substring, _ rule: Rule) throws(CronError) {
        beginsWithStar = text.hasPrefix("*")
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            try add(part, rule)
        }
    }

    private mutating func add(_ part: Substring, _ rule: Rule) throws(CronError) {
        let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let span = pieces.first ?? ""
        var step = 1
        if pieces.count == 2 {
            guard let number = Self.number(pieces[1]), (1...59).contains(number) else {
                throw CronError(field: rule.name, reason: "the step in \"\(part)\" must be a number from 1 to 59")
            }
            step = number
        }
        var (low, high) = (rule.range.lowerBound, rule.range.upperBound)
        if span != "*" {
            let ends = span.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            low = try Self.value(ends.first ?? "", rule)
            if ends.count == 2 {
                high = try Self.value(ends[1], rule)
            } else if pieces.count == 1 {
                high = low
            }
        }
        guard low <= high else {
            throw CronError(field: rule.name, reason: "the range \"\(span)\" runs backwards")
        }
        for value in stride(from: low, through: high, by: step) {
            bits |= 1 << UInt64(value == rule.alias?.written ? rule.alias?.means ?? value : value)
        }
    }

    private static func value(_ text: Substring, _ rule: Rule) throws(CronError) -> Int {
        if let index = rule.names.firstIndex(of: text.lowercased()) { return rule.range.lowerBound + index }
        guard let number = number(text) else {
            let kinds = rule.names.isEmpty ? "a number" : "a number or a three-letter name"
            throw CronError(field: rule.name, reason: "\"\(text.prefix(20))\" is not \(kinds)")
        }
        let high = max(rule.range.upperBound, rule.alias?.written ?? 0)
        guard (rule.range.lowerBound...high).contains(number) else {
            throw CronError(field: rule.name, reason: "\(number) is outside \(rule.range.lowerBound) to \(high)")
        }
        return number
    }

    /// Digits only: `Int` would take a sign too.
    private static func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
