import CMicroHTTPD

/// A connection that the library leaves alone until it is resumed.
struct SuspendedConnection: @unchecked Sendable {
    // Unchecked because of the pointer: a suspended connection can't end, so it is valid until `resume`, which the library
    // allows from any thread.
    private let connection: OpaquePointer

    /// Called on the connection's own thread, inside one of the library's callbacks.
    init(suspending connection: OpaquePointer) {
        self.connection = connection
        MHD_suspend_connection(connection)
    }

    /// Called once.
    func resume() {
        MHD_resume_connection(connection)
    }
}
