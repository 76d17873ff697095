import CCurl

extension HTTPClient {
    /// Of the libcurl that is loaded and its TLS library, such as `libcurl 7.88.1, OpenSSL 3.0.17`.
    public static var libraryVersion: String {
        let parts = String(cString: curl_version()).split(separator: " ")
        return parts.prefix(2).map { $0.replacing("/", with: " ") }.joined(separator: ", ")
    }
}
