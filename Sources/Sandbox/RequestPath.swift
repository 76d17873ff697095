import Foundation

/// Paths of requests.
enum RequestPath {
    /// The percent-decoded segments; one that doesn't decode stays as it is.
    static func segments(_ path: String) -> [String] {
        path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    }
}
