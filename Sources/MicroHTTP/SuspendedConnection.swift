import CMicroHTTPD
import Glibc

/// A connection that the library leaves alone until it is resumed.
struct SuspendedConnection: @unchecked Sendable {
    // Unchecked because of the pointer: a suspended connection can't end, so it is valid until `resume`, which the library
    // allows from any thread.
    private let connection: OpaquePointer

    /// Linux's POLLRDHUP, which the C library's headers show to GNU programs only.
    private static let peerHasClosed: Int16 = 0x2000

    /// Called on the connection's own thread, inside one of the library's callbacks.
    init(suspending connection: OpaquePointer) {
        self.connection = connection
        MHD_suspend_connection(connection)
    }

    /// Whether the client has closed its end, which the library does not look at meanwhile. Before `resume` only.
    var isDeserted: Bool {
        // Not a read of nothing: with TLS the client's farewell comes before the end.
        var peer = pollfd(fd: cmhd_client_socket(connection), events: Self.peerHasClosed, revents: 0)
        return poll(&peer, 1, 0) > 0
    }

    /// Called once.
    func resume() {
        MHD_resume_connection(connection)
    }
}
