import Foundation

/// `STATE_DIR/service.url`: where the service that holds the state directory listens, for commands on the same machine.
///
/// Only the holder of the directory's lock writes and removes it, so while the lock is held the file tells the truth;
/// what a killed service leaves is removed by the next holder.
struct ServiceAddressFile: Sendable {
    static let name = "service.url"
    private static let bytesMax = 2048

    let path: String

    init(stateDirectory: String) {
        path = stateDirectory + "/" + Self.name
    }

    /// Puts the address there in one step, readable by the owner alone.
    ///
    /// - Throws: what the file system says.
    func write(_ url: String) throws {
        let temporary = path + ".new"
        remove(temporary)
        guard
            FileManager.default.createFile(
                atPath: temporary, contents: Data((url + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        guard rename(temporary, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    func remove() {
        remove(path)
    }

    private func remove(_ path: String) {
        // Usually there is none; one that can't be removed names a port that does not answer.
        _ = unlink(path)
    }

    /// - Returns: `nil` where there is none, or something else than an address.
    func read() -> String? {
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.bytesMax else { return nil }
        let url = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), !url.contains(where: \.isWhitespace) else {
            return nil
        }
        return url
    }

    /// The address by which a process of the same machine reaches a server.
    ///
    /// - Parameters:
    ///   - host: as it listens; any of the wildcard addresses means loopback too.
    ///   - isTLS: then loopback is named `localhost`, which is the name that a certificate can hold.
    static func url(host: String, port: UInt16, isTLS: Bool) -> String {
        let isWildcard = host == "0.0.0.0" || host == "::"
        let isLoopback = host == "::1" || host == "localhost" || host.hasPrefix("127.")
        if isTLS { return "https://\(isWildcard || isLoopback ? "localhost" : bracketed(host)):\(port)" }
        return "http://\(isWildcard ? (host == "::" ? "[::1]" : "127.0.0.1") : bracketed(host)):\(port)"
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") ? "[\(host)]" : host
    }
}
