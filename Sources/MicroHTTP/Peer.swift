import CMicroHTTPD
import Glibc
import Threading

/// A connection as the server keeps account of it, from its start to its end.
final class Peer: Sendable {
    /// The other end's, without port; empty when unknown.
    let address: String
    /// Whether the server had all the connections it may have already.
    let isExtra: Bool
    /// What its handshake used.
    let credentials: TLSCredentials?
    /// Monotonic seconds.
    let startedAt: Double
    private let socket: Int32
    private let state: Locked<State>

    private struct State {
        /// When it is cut; monotonic seconds, infinite while nothing is expected of the client.
        var deadline: Double
        /// Whether no whole request has come yet.
        var isSilent = true
    }

    init(address: String, socket: Int32, isExtra: Bool, credentials: TLSCredentials?, seconds: Double) {
        self.address = address
        self.socket = socket
        self.isExtra = isExtra
        self.credentials = credentials
        startedAt = Self.now()
        state = Locked(State(deadline: startedAt + seconds))
    }

    static func of(_ connection: OpaquePointer) -> Peer? {
        cmhd_socket_context(connection).map { Unmanaged<Peer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The client has this long for its next step; `.infinity` while it waits for the server.
    func expect(within seconds: Double) {
        let instant = Self.now() + seconds
        state.withLock {
            $0.deadline = instant
            $0.isSilent = false
        }
    }

    func isLate(at now: Double) -> Bool {
        state.withLock { $0.deadline <= now }
    }

    /// Whether no whole request has come, and it was not cut.
    var isSilent: Bool { state.withLock(\.isSilent) }

    /// Ends the connection; its thread notices and closes it. Only while the socket is known to be open.
    func cut() {
        state.withLock { $0.isSilent = false }
        _ = shutdown(socket, Int32(SHUT_RDWR))
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }
}
