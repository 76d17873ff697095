import CCurl

/// A URL as it may be logged: without user name, password, query and fragment. Parsed by curl, so that what is shown
/// is what curl would contact.
public struct SafeURL: Sendable, CustomStringConvertible, Equatable {
    /// `scheme://host[:port]/path`, or `<unparsable URL>`.
    public let description: String
    /// `host:port` with the scheme's port if the URL names none, or `<unparsable URL>`.
    public let hostAndPort: String

    public init(_ url: String) {
        let handle = curl_url()
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK,
            let host = SafeURL.part(CURLUPART_HOST, of: handle),
            let port = SafeURL.part(CURLUPART_PORT, of: handle, flags: CURLU_DEFAULT_PORT)
        else {
            description = "<unparsable URL>"
            hostAndPort = "<unparsable URL>"
            return
        }
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY, CURLUPART_FRAGMENT] {
            curl_url_set(handle, part, nil, 0)
        }
        description = SafeURL.part(CURLUPART_URL, of: handle) ?? "<unparsable URL>"
        hostAndPort = "\(host):\(port)"
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer?, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
