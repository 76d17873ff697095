import ConnectorCore
import GRDB

/// New ids, always above every id in use: order by id is order of creation, also within a millisecond and after the
/// clock was set back.
enum JobIDs {
    static func next(at time: Timestamp, _ db: Database) throws -> JobID {
        var generator = SystemRandomNumberGenerator()
        let id = JobID(at: time, using: &generator)
        guard let newest = try String.fetchOne(db, sql: "SELECT max(id) FROM jobs"), newest >= id.text else {
            return id
        }
        return successor(of: newest) ?? id
    }

    /// The id counted on by one, as a number in base 32; `nil` at the end of all numbers.
    static func successor(of text: String) -> JobID? {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
        var digits = Array(text.utf8)
        for index in digits.indices.reversed() {
            guard let value = alphabet.firstIndex(of: digits[index]) else { return nil }
            if value + 1 < alphabet.count {
                digits[index] = alphabet[value + 1]
                return JobID(String(decoding: digits, as: UTF8.self))
            }
            digits[index] = alphabet[0]
        }
        return nil
    }
}
