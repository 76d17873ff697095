import ConnectorCore
import Foundation
import MicroHTTP
import Store
import Threading

@testable import ControlAPI

extension FuzzTarget {
    /// What clients of the control API send.
    static let control = [
        FuzzTarget(name: "request-bodies") { bytes in
            let request = HTTPRequest(method: "POST", path: "/v1/imports/initial", body: bytes)
            guard var body = try? RequestBody(request) else { return }
            _ = (body.string("connection"), body.bool("alerts"), body.bool("vulnerabilities"))
            try? body.finish(known: ["connection", "alerts", "vulnerabilities"])
        },
        FuzzTarget(name: "request-fields") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            _ = AcceptedTypes(text).best(of: ["application/json", "text/markdown"])
            _ = EntityTags(text).contain("\"7\"")
            if let id = PageCursor.job(text) {
                require(PageCursor.job(PageCursor.text(after: id)) == id, "what is written can be read")
            }
            let value = JSONValue.object(["text": .string(text)]).bytes()
            let read = try? JSONDecoder().decode([String: String].self, from: Data(value))
            require(read == ["text": text], "any text is written as valid JSON")
        },
        // Whole requests as bytes on a socket, to the routes of the service over a store in a file.
        FuzzTarget(name: "requests") { bytes in
            let answer = service.exchange(bytes)
            require(answer.isEmpty || answer.starts(with: "HTTP/1.".utf8), "nothing or an answer")
            require(!answer.dropFirst(8).starts(with: " 500".utf8), "no failure of the service")
        },
    ]

    private static let service = FuzzedService()
}

/// The control API on a socket, without a queue behind it.
private struct FuzzedService: Sendable {
    private struct NoQueue: JobControlling {
        func wake() {}
        func cancelRunning(_ id: JobID) {}
        func nextScheduled(for connection: String) -> [JobKind: Timestamp] { [:] }
        var isDraining: Bool { false }
    }

    private let server: HTTPServer
    private let port: UInt16
    private let next = Locked(0)

    init() {
        do {
            let dependencies = ControlAPIDependencies(
                store: try SQLiteStore.temporary(endedJobsKept: 10), queue: NoQueue(),
                connections: [ConnectionInfo(name: "east")], access: AccessPolicy(), renderMetrics: { _ in "" },
                check: { _ in [] }, clock: { Timestamp(milliseconds: 1_800_000_000_000) }, version: "0.0.0",
                onJobChange: { _ in })
            server = HTTPServer(configuration: HTTPServerConfiguration(), router: ControlAPI(dependencies).router)
            port = try server.start().port
        } catch {
            fatalError("the service does not start: \(error)")
        }
    }

    /// Sends the bytes, a request that ends the connection, and that no more come; returns what is answered until then,
    /// or until 20 ms of silence.
    func exchange(_ bytes: [UInt8]) -> [UInt8] {
        answer(to: bytes + Array("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
    }

    private func answer(to bytes: [UInt8]) -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var silence = timeval(tv_sec: 0, tv_usec: 20_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence, socklen_t(MemoryLayout<timeval>.size))
        // Closed with a reset, or ports would run out: thousands of connections come in a second.
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
        // From many addresses: where the server closes first, an address's ports are in use for a minute.
        let source =
            INADDR_LOOPBACK
            + in_addr_t(
                next.withLock {
                    $0 = ($0 + 1) % 250; return $0
                })
        _ = withAddress(source, port: 0) { bind(descriptor, $0, $1) }
        let connected = withAddress(INADDR_LOOPBACK, port: port) { connect(descriptor, $0, $1) == 0 ? 0 : errno }
        // The fuzzer's clock interrupts calls, and an interrupted `connect` can't be called again.
        if connected == EINTR { return answer(to: bytes) }
        require(connected == 0, "the service takes connections: error \(connected)")
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            sent += count
        }
        shutdown(descriptor, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while answer.count < 1 << 20 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            answer.append(contentsOf: buffer[..<count])
        }
        return answer
    }

    private func withAddress(
        _ address: in_addr_t, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bigEndian
        return withUnsafePointer(to: name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
