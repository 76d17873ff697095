import CCurl

extension OutboundResponse {
    /// The server's clock as its Date header tells it, in seconds since 1970; `nil` without one that can be read.
    public var serverSeconds: Double? {
        // The date parser of curl takes much else for a date: only what looks like one comes to it.
        guard let text = header("Date"), (20...40).contains(text.utf8.count), text.hasSuffix("GMT") else { return nil }
        let moment = curl_getdate(text, nil)
        return moment > 0 ? Double(moment) : nil
    }

    /// The Retry-After header in seconds from `wallNow` (seconds since 1970), from either of its forms; `nil` without a
    /// usable one.
    public func retryAfterSeconds(wallNow: Double) -> Double? {
        RetryAfter.seconds(header("Retry-After"), wallNow: wallNow)
    }
}
