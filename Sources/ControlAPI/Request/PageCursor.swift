import ConnectorCore
import Foundation

/// Where a page of jobs ended, as text that means nothing to the client.
enum PageCursor {
    private static let prefix = "1:"

    static func text(after id: JobID) -> String {
        Data((prefix + id.text).utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    /// - Returns: `nil` for a cursor that is not ours.
    static func job(_ cursor: String) -> JobID? {
        guard cursor.utf8.count <= 64 else { return nil }
        var base64 = cursor.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), let text = String(validating: data, as: UTF8.self),
            text.hasPrefix(prefix), let id = JobID(String(text.dropFirst(prefix.count)))
        else { return nil }
        return id
    }
}
