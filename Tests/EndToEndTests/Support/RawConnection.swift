import Foundation

/// A connection on which the test itself writes requests and reads answers, so that it stays open between them.
final class RawConnection {
    private let descriptor: Int32
    private var received = ""

    /// - Parameter base: `http://127.0.0.1:PORT`.
    init(to base: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(URLComponents(string: base)?.port ?? 0).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw DeadlinePassed(description: "can't connect to \(base): \(errno)") }
    }

    deinit { close(descriptor) }

    func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw DeadlinePassed(description: "can't send: \(errno)")
        }
    }

    /// What has come up to and with `mark`.
    func read(to mark: String) throws -> String {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = received.range(of: mark)?.upperBound {
                defer { received = String(received[end...]) }
                return String(received[..<end])
            }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw DeadlinePassed(description: "no \(mark.debugDescription) in \(received)") }
            received += String(decoding: chunk.prefix(count), as: UTF8.self)
        }
    }
}
