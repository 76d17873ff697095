import Dispatch
import Foundation
import Threading

/// A TCP server on loopback whose answers are whatever bytes the test wants, broken ones included.
final class RawServer: Sendable {
    struct Counts: Sendable {
        var connections = 0
        var requests = 0
    }

    let port: UInt16
    private let listener: Int32
    private let state = Locked(Counts())
    private let observed = Locked<[RawRequest]>([])

    var counts: Counts { state.withLock { $0 } }
    var requests: [RawRequest] { observed.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)" }

    /// `answer` is called for every request on a thread of its connection and returns false to close the connection.
    init(answer: @escaping @Sendable (RawConnection, RawRequest) -> Bool) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 512) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        let accepting = DispatchQueue(label: "raw-server-accept")
        accepting.async { [state, observed] in
            while true {
                let peer = accept(descriptor, nil, nil)
                guard peer >= 0 else {
                    // Closed here and nowhere else: a closed number would soon be another server's listener.
                    close(descriptor)
                    return
                }
                state.withLock { $0.connections += 1 }
                DispatchQueue(label: "raw-server-connection").async {
                    let connection = RawConnection(peer)
                    while let request = connection.nextRequest() {
                        state.withLock { $0.requests += 1 }
                        observed.withLock { if $0.count < 1000 { $0.append(request) } }
                        guard answer(connection, request) else { break }
                    }
                    connection.close()
                }
            }
        }
    }

    /// Answers every request with the same bytes and keeps the connection.
    convenience init(always answer: String) throws {
        try self.init { connection, _ in
            connection.send(answer)
            return true
        }
    }

    deinit {
        // Ends the accept loop, now or when it comes back to accept.
        shutdown(listener, Int32(SHUT_RDWR))
    }
}

struct RawRequest: Sendable {
    var head: String
    var body: [UInt8]

    var line: String { head.components(separatedBy: "\r\n").first ?? "" }

    func header(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }
}
