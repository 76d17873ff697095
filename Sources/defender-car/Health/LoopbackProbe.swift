import Foundation

/// Asks the service on this machine whether it lives, without a proxy, a token or a library: what a container's health
/// check needs. Every step ends within `timeoutSeconds`.
struct LoopbackProbe: Sendable {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    static let answerBytesMax = 4096

    var host: String
    var port: UInt16
    /// Whether the service speaks HTTPS. Then only the connection is tried: its certificate names no loopback address,
    /// and it may demand one from its clients.
    var isTLS = false
    var timeoutSeconds = 3

    /// - Parameter listen: where the service listens; an address of all interfaces is asked on loopback.
    init(listen: ListenAddress, isTLS: Bool) {
        host =
            switch listen.host {
            case "0.0.0.0", "localhost": "127.0.0.1"
            case "::": "::1"
            default: listen.host
            }
        port = listen.port
        self.isTLS = isTLS
    }

    /// - Throws: `Failed` with what happened instead of an answer with status 200.
    func ask(_ path: String) throws(Failed) {
        let descriptor = try connected()
        defer { close(descriptor) }
        guard !isTLS else { return }
        let request = Array("GET \(path) HTTP/1.0\r\nHost: \(host)\r\nUser-Agent: \(BuildInfo.userAgent)\r\n\r\n".utf8)
        // A request this short fits the socket's buffer: one call sends it.
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw failed("the request can't be sent")
        }
        let answer = try answer(on: descriptor)
        guard answer.hasPrefix("HTTP/1."), answer.dropFirst("HTTP/1.x".count).hasPrefix(" 200 ") else {
            let text = answer.components(separatedBy: "\r\n\r\n").last ?? ""
            throw Failed(description: "\(path): \(text.trimmingCharacters(in: .whitespacesAndNewlines))")
        }
    }

    private func answer(on descriptor: Int32) throws(Failed) -> String {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: Self.answerBytesMax)
        while bytes.count < Self.answerBytesMax {
            let count = recv(descriptor, &part, part.count - bytes.count, 0)
            guard count >= 0 else { throw failed("no answer") }
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        guard !bytes.isEmpty else { throw Failed(description: "\(host):\(port) closed the connection") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func connected() throws(Failed) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else {
            throw Failed(description: "\(host) is no address of this machine")
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(first.pointee.ai_family, hints.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failed("no socket") }
        // On Linux the limit for sending bounds connect() too.
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        guard connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            let failure = failed("no connection")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private func failed(_ what: String) -> Failed {
        Failed(description: "\(host):\(port): \(what): \(String(cString: strerror(errno)))")
    }
}
