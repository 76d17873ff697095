import Glibc

/// Where a server listens: `127.0.0.1:8080`, `[::1]:0`, `0.0.0.0:8080`, `localhost:8080`.
struct ListenAddress: Sendable, Equatable {
    var host: String
    var port: UInt16

    /// - Returns: `nil` where `text` is not of the form HOST:PORT, or an IPv6 host has no brackets.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this machine can reach it. A name that begins like a loopback address may stand for any other.
    var isLoopback: Bool {
        var address = in_addr()
        let isNumber = inet_pton(AF_INET, host, &address) == 1
        return host == "::1" || host == "localhost" || isNumber && host.hasPrefix("127.")
    }
}
