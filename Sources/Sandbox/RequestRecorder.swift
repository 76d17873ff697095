import Foundation
import MicroHTTP
import Threading

/// Writes requests to a file for `bench/replay.c`, in the order in which they came: a line of tab-separated fields
/// (service, method, target, authorization, content type, length of the body), the body, a line break.
public final class RequestRecorder: Sendable {
    private let file: Locked<FileHandle>

    /// - Throws: where the file can't be made.
    public init(path: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        file = Locked(try FileHandle(forWritingTo: URL(fileURLWithPath: path)))
    }

    func record(_ request: HTTPRequest, service: String) {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~$")
        let query = request.query.map { item in
            let parts = [item.name, item.value].map { $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? "" }
            return parts.joined(separator: "=")
        }
        let target = request.path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        let fields = [
            service, request.method, target, request.headers["Authorization"] ?? "",
            request.headers["Content-Type"] ?? "", String(request.body.count),
        ]
        let head = Data((fields.joined(separator: "\t") + "\n").utf8)
        // A full disk spoils the measurement, not the simulator.
        try? file.withLock { try $0.write(contentsOf: head + request.body + [0x0A]) }
    }
}
