import CMicroHTTPD
import Dispatch
import Glibc
import Threading

/// An HTTP/1.1 server on libmicrohttpd's epoll threads.
///
/// Started once and stopped once. A handler runs on a server thread; it must not stop the server.
public final class HTTPServer: Sendable {
    private enum State {
        case new
        case running(Daemon, BoundAddress)
        case stopped
    }

    private let core: ServerCore
    private let state = Locked(State.new)

    public init(configuration: HTTPServerConfiguration, handler: @escaping HTTPHandler) {
        core = ServerCore(configuration: configuration, handler: handler)
    }

    public convenience init(configuration: HTTPServerConfiguration, router: Router) {
        self.init(configuration: configuration) { try router($0) }
    }

    deinit {
        // On another thread: the last reference may be dropped by a handler, and a server thread can't wait for itself.
        let daemon = state.withLock { state -> Daemon? in
            if case .running(let daemon, _) = state { daemon } else { nil }
        }
        if let daemon { DispatchQueue.global().async { daemon.stop(graceSeconds: 0) } }
    }

    /// Where the server listens; `nil` unless it runs.
    public var address: BoundAddress? {
        state.withLock { state in
            if case .running(_, let address) = state { address } else { nil }
        }
    }

    /// The port the server listens on; 0 unless it runs.
    public var port: UInt16 {
        address?.port ?? 0
    }

    /// Binds the address and accepts connections.
    ///
    /// - Throws: `HTTPServerError`, which names host and port, or the setting that is wrong.
    @discardableResult
    public func start() throws(HTTPServerError) -> BoundAddress {
        try state.withLock { state throws(HTTPServerError) in
            guard case .new = state else {
                throw HTTPServerError(.alreadyStarted, "the server was started before")
            }
            let (daemon, address) = try Daemon.start(core)
            state = .running(daemon, address)
            return address
        }
    }

    /// Uses other certificates for the connections that begin from now on.
    ///
    /// - Throws: `.badCertificate`, which names the text that is unusable; then nothing changes.
    public func replaceTLS(_ tls: HTTPServerTLS) throws(HTTPServerError) {
        guard let old = core.configuration.tls, (old.clientAuthorities == nil) == (tls.clientAuthorities == nil) else {
            throw HTTPServerError(
                .invalidConfiguration, "tls: HTTPS and client certificates are decided when the server starts")
        }
        let credentials = try TLSCredentials(tls)
        core.credentials.withLock { $0 = credentials }
    }

    /// Ends streams, answers what is deferred with 503, waits for requests in progress, then closes what is left. The
    /// handler is asked until then, and decides what it still does. Does nothing when not running.
    ///
    /// - Parameter graceSeconds: how long requests in progress may take.
    /// - Returns: `false` when a handler is still running five seconds after that; its thread ends when it returns.
    @discardableResult
    public func stop(graceSeconds: Double = 5) -> Bool {
        let daemon = state.withLock { state -> Daemon? in
            guard case .running(let daemon, _) = state else { return nil }
            state = .stopped
            return daemon
        }
        return daemon?.stop(graceSeconds: graceSeconds) ?? true
    }
}
