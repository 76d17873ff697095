import CCurl

/// The Retry-After header: seconds or an HTTP date (RFC 9110 10.2.3).
enum RetryAfter {
    /// Seconds from `wallNow` (seconds since 1970), 0 for a date gone by; `nil` if the value is neither form.
    static func seconds(_ value: String?, wallNow: Double) -> Double? {
        guard let value, !value.isEmpty, value.utf8.count <= 64 else { return nil }
        if value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Double(value)
        }
        // The date parser of curl takes much else for a date: only what begins with a day's name comes to it.
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        guard days.contains(String(value.prefix(3))) else { return nil }
        let moment = curl_getdate(value, nil)
        return moment < 0 ? nil : max(0, Double(moment) - wallNow)
    }
}
