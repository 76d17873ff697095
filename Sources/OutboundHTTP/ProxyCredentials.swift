import CCurl
import Foundation

/// User name and password of the environment's proxies, which curl sends to them and which they may repeat in an answer.
public enum ProxyCredentials {
    /// What must not be shown: passwords, and user name and password as a proxy gets them, for `SafeText` to find also
    /// in base64.
    public static func secretTexts(
        in environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        let urls = environment.filter { $0.key.lowercased().hasSuffix("_proxy") }.map(\.value)
        return Set(urls.flatMap(secretTexts)).sorted()
    }

    private static func secretTexts(ofURL url: String) -> [String] {
        let handle = curl_url()
        defer { curl_url_cleanup(handle) }
        // Read as curl reads it: a scheme may be missing.
        let flags = UInt32(CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)
        guard curl_url_set(handle, CURLUPART_URL, url, flags) == CURLUE_OK else { return [] }
        func part(_ part: CURLUPart, decoded: Bool) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            let flags = decoded ? UInt32(CURLU_URLDECODE) : 0
            guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        return [true, false].flatMap { decoded -> [String] in
            let user = part(CURLUPART_USER, decoded: decoded)
            let password = part(CURLUPART_PASSWORD, decoded: decoded)
            guard user != nil || password != nil else { return [] }
            // Without a password the user name may be the secret, as with tokens; with one it is an ordinary word.
            let secret = password.flatMap { $0.isEmpty ? nil : $0 } ?? user ?? ""
            // A text of one or two letters would blank out half of every message and protects nothing.
            return [secret, "\(user ?? ""):\(password ?? "")"].filter { $0.utf8.count >= 4 }
        }
    }
}
