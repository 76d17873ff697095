import Glibc

/// A TCP client that sends exactly the bytes it is told to; every wait ends after `seconds`.
final class RawClient {
    enum Failure: Error {
        case noConnection(Int32)
        case noAnswer(String)
    }

    private(set) var descriptor: Int32
    private var received: [UInt8] = []
    /// Whether the server closed the connection (or reset it).
    private(set) var isClosed = false

    init(port: UInt16, host: String = "127.0.0.1") throws {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let info = list?.pointee else {
            throw Failure.noConnection(0)
        }
        defer { freeaddrinfo(list) }
        descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
        guard connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            // `deinit` closes the descriptor; a second close could hit another's.
            throw Failure.noConnection(errno)
        }
        // A server that does not read must not hang a test.
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close()
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Sends all of it, or until the server no longer takes any.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            start += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// Sends a request without a body and reads its answer.
    func get(_ target: String, method: String = "GET", headers: String = "", seconds: Double = 10) throws -> RawAnswer {
        send("\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return try readAnswer(toHead: method == "HEAD", seconds: seconds)
    }

    /// Reads one answer: its head and as much of a body as its framing says.
    func readAnswer(toHead: Bool = false, seconds: Double = 10) throws -> RawAnswer {
        guard let head = read(until: "\r\n\r\n", seconds: seconds) else {
            throw Failure.noAnswer(String(decoding: received, as: UTF8.self))
        }
        var answer = try RawAnswer(head: head)
        if toHead || answer.status == 204 || answer.status == 304 { return answer }
        if answer.header("Transfer-Encoding") == "chunked" {
            while true {
                guard let line = read(until: "\r\n", seconds: seconds), let size = Int(line, radix: 16),
                    let chunk = read(count: size + 2, seconds: seconds)
                else { throw Failure.noAnswer("chunk") }
                if size == 0 { return answer }
                answer.body += chunk.dropLast(2)
            }
        }
        if let length = answer.header("Content-Length").flatMap(Int.init) {
            guard let body = read(count: length, seconds: seconds) else { throw Failure.noAnswer("body") }
            answer.body = body
        }
        return answer
    }

    /// The text up to `mark`, which is taken as well; `nil` when the connection ends or time runs out first.
    func read(until mark: String, seconds: Double = 10) -> String? {
        let mark = Array(mark.utf8)
        let end = Deadline(seconds)
        while true {
            if let start = received.firstRange(of: mark)?.lowerBound {
                let text = String(decoding: received[..<start], as: UTF8.self)
                received.removeFirst(start + mark.count)
                return text
            }
            guard receive(until: end) else { return nil }
        }
    }

    func read(count: Int, seconds: Double = 10) -> [UInt8]? {
        let end = Deadline(seconds)
        while received.count < count {
            guard receive(until: end) else { return nil }
        }
        let bytes = Array(received.prefix(count))
        received.removeFirst(count)
        return bytes
    }

    /// Everything until the server closes the connection; `nil` when it does not within the time.
    func readToEnd(seconds: Double = 10) -> String? {
        let end = Deadline(seconds)
        while receive(until: end) {}
        return isClosed ? String(decoding: received, as: UTF8.self) : nil
    }

    private func receive(until end: Deadline) -> Bool {
        guard !isClosed else { return false }
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&poller, 1, Int32(end.millisecondsLeft)) > 0 else { return false }
        var part = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &part, part.count, 0)
        guard count > 0 else {
            isClosed = true
            return false
        }
        received += part.prefix(count)
        return true
    }
}

struct Deadline {
    private let end: ContinuousClock.Instant

    init(_ seconds: Double) {
        end = .now + .seconds(seconds)
    }

    var millisecondsLeft: Int {
        let left = ContinuousClock.now.duration(to: end).components
        return max(0, Int(left.seconds) * 1000 + Int(left.attoseconds / 1_000_000_000_000_000))
    }
}

/// An answer as it came over the wire.
struct RawAnswer {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8] = []

    init(head: String) throws {
        var lines = head.split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw RawClient.Failure.noAnswer(head)
        }
        lines.removeFirst()
        self.status = status
        headers = lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (String(line[..<colon]), line[colon...].dropFirst().drop { $0 == " " }.description)
        }
    }

    var text: String {
        String(decoding: body, as: UTF8.self)
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
