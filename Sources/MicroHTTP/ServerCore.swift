import CMicroHTTPD
import Dispatch
import Threading

/// What the library's callbacks share: settings, handler, and the account of what is not finished.
///
/// The library holds a reference to it as its context from start to stop.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: HTTPHandler
    let open = OpenAnswers()
    let peers: Peers
    /// What handshakes from now on use.
    let credentials = Locked<TLSCredentials?>(nil)
    /// Entered for each request from its first line to its end.
    let requests = DispatchGroup()
    /// Runs the callers' actions; what blocks here delays no request.
    let events = DispatchQueue(label: "microhttp.events")

    init(configuration: HTTPServerConfiguration, handler: @escaping HTTPHandler) {
        self.configuration = configuration
        self.handler = handler
        peers = Peers(usualMax: configuration.connectionsMax, extraMax: configuration.extraConnectionsMax)
    }

    static func from(_ context: UnsafeMutableRawPointer) -> ServerCore {
        Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    }

    /// Takes a connection into account, before its handshake.
    func begin(_ connection: OpaquePointer) -> Peer {
        let credentials = credentials.withLock { $0 }
        let peer = peers.add { isExtra in
            Peer(
                address: cmhd_client_address(connection).flatMap(SocketAddress.read)?.host ?? "",
                socket: cmhd_client_socket(connection), isExtra: isExtra, credentials: credentials,
                seconds: isExtra ? configuration.extraConnectionSeconds : configuration.requestSeconds)
        }
        if let credentials, !credentials.use(for: connection) { peer.cut() }
        return peer
    }

    /// How long a client has for its request, and for taking the answer.
    func seconds(for peer: Peer) -> Double {
        peer.isExtra ? configuration.extraConnectionSeconds : configuration.requestSeconds
    }

    /// What is to be sent for `request`, whatever its handler does.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        do {
            return try handler(request)
        } catch let problem as ProblemDocument {
            return problem.response()
        } catch {
            let failure = error as? HandlerFailure
            configuration.onHandlerError?(failure?.underlying ?? error, request)
            var response = ProblemDocument.internalError.response()
            response.routeTemplate = failure?.routeTemplate
            return response
        }
    }
}
