import Foundation

/// `application/x-www-form-urlencoded` bodies.
enum FormBody {
    /// The first value of each name; a pair that isn't valid UTF-8 after decoding is left out.
    static func parse(_ body: [UInt8]) -> [String: String] {
        var form: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(parts[0]), let value = decode(parts.count > 1 ? parts[1] : ""), form[name] == nil
            else {
                continue
            }
            form[name] = value
        }
        return form
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }
}
