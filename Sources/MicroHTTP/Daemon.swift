import CMicroHTTPD
import Dispatch
import Glibc

/// The library's running daemon.
struct Daemon: @unchecked Sendable {
    // Unchecked because of the pointer: it is used by `stop` only, which its owner calls once.
    private let pointer: OpaquePointer
    private let core: ServerCore

    /// How long threads may take to end once nothing is in progress that could hold them.
    private static let threadEndSeconds = 5.0

    static func start(_ core: ServerCore) throws(HTTPServerError) -> (Daemon, BoundAddress) {
        let configuration = core.configuration
        try configuration.validate()
        let credentials: TLSCredentials? =
            if let tls = configuration.tls { try TLSCredentials(tls) } else { nil }
        core.credentials.withLock { $0 = credentials }
        let socket = try ListeningSocket(host: configuration.host, port: configuration.port)

        // Balanced when the daemon has stopped.
        let context = Unmanaged.passRetained(core)
        var settings = cmhd_settings()
        settings.listen_socket = socket.descriptor
        settings.threads = UInt32(configuration.threads)
        // The library divides its bound among its threads; ours is for all of them, and reached first.
        let connectionsMax = configuration.connectionsMax + configuration.extraConnectionsMax + Peers.endingMax + 1
        settings.connections_max = UInt32(connectionsMax * configuration.threads)
        settings.connections_per_address_max = UInt32(configuration.connectionsPerAddressMax)
        settings.idle_seconds = UInt32(configuration.idleSeconds)
        settings.connection_memory_bytes = configuration.connectionMemoryBytes
        settings.context = context.toOpaque()
        settings.log = libraryLogged
        settings.accept = connectionArrived
        settings.handle = requestAdvanced
        settings.read_line = requestLineWasRead
        settings.completed = requestCompleted
        settings.connection_changed = connectionChanged
        settings.unescape = unescapeNothing
        guard let pointer = startDaemon(&settings, configuration.tls) else {
            // Whether the library has closed the socket depends on where it failed; `close` here could hit a descriptor
            // that another thread has opened since, so it is left alone.
            context.release()
            throw HTTPServerError(
                .system, "the HTTP library did not start on \(configuration.host):\(configuration.port)")
        }
        core.peers.start()
        return (Daemon(pointer: pointer, core: core), socket.address)
    }

    /// The library reads the PEM texts during the call only.
    private static func startDaemon(_ settings: inout cmhd_settings, _ tls: HTTPServerTLS?) -> OpaquePointer? {
        guard let tls else { return cmhd_start(&settings) }
        return tls.certificate.withCString { certificate in
            tls.key.withCString { key in
                settings.certificate_pem = certificate
                settings.key_pem = key
                guard let authorities = tls.clientAuthorities else { return cmhd_start(&settings) }
                return authorities.withCString { authorities in
                    settings.client_ca_pem = authorities
                    return cmhd_start(&settings)
                }
            }
        }
    }

    /// The order matters: no suspended connection, no request in progress, no thread.
    ///
    /// The library's own way to stop accepting, `MHD_quiesce_daemon`, is not used: with epoll and several threads it and
    /// a worker may both take the listening socket out of the worker's set, and the second to do so aborts the process.
    /// Until the threads end, the handler answers what still comes, and each connection is closed after its answer.
    @discardableResult
    func stop(graceSeconds: Double) -> Bool {
        core.open.endAll()
        _ = core.requests.wait(timeout: .now() + max(0, graceSeconds))

        // Joins the threads, which a handler that hangs would make endless; so not on this thread.
        let stopped = DispatchSemaphore(value: 0)
        DispatchQueue(label: "microhttp.stop").async {
            MHD_stop_daemon(pointer)
            // Every action of a stream that ended has run when the server has stopped.
            core.events.sync {}
            Unmanaged.passUnretained(core).release()
            stopped.signal()
        }
        return stopped.wait(timeout: .now() + Self.threadEndSeconds) == .success
    }
}
