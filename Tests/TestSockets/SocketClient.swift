import Glibc

/// A client on a plain socket to 127.0.0.1, for tests that write requests themselves and read text as it comes; every
/// wait has a deadline.
public final class SocketClient {
    public struct Failure: Error {
        public var reason: String
    }

    private let descriptor: Int32
    public private(set) var received = ""
    private var isAtEnd = false

    public init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(reason: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    public func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(reason: "send: \(errno)")
        }
    }

    /// Sends a request without a body; the connection ends after its answer.
    public func request(_ method: String, _ target: String, _ headers: [String] = []) throws {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Reads until `text` was received; what comes with it is kept as well.
    public func wait(for text: String, seconds: Int32 = 10) throws {
        while !received.contains(text) {
            guard !isAtEnd else { throw Failure(reason: "ended before \(text); received: \(received)") }
            try read(seconds: seconds)
        }
    }

    /// Reads up to and with `mark`, and takes that out of what was received.
    public func take(to mark: String, seconds: Int32 = 10) throws -> String {
        try wait(for: mark, seconds: seconds)
        guard let end = received.firstRange(of: mark)?.upperBound else { return "" }
        defer { received = String(received[end...]) }
        return String(received[..<end])
    }

    /// Reads until the server ends the connection.
    public func readToEnd(seconds: Int32 = 10) throws -> String {
        while !isAtEnd { try read(seconds: seconds) }
        return received
    }

    private func read(seconds: Int32) throws {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, seconds * 1000) == 1 else {
            throw Failure(reason: "nothing came in time; received: \(received)")
        }
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count <= 0 { isAtEnd = true } else { received += String(decoding: chunk.prefix(count), as: UTF8.self) }
    }
}
