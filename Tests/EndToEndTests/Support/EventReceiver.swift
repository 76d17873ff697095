import MicroHTTP
import Threading

/// Takes the events of a webhook on a loopback port.
final class EventReceiver: Sendable {
    private let log = Locked<[HTTPRequest]>([])
    private let server: HTTPServer

    /// - Parameter refusals: so many events are refused first, with `status`.
    init(refusals: Int = 0, status: Int = 503) throws {
        let log = self.log
        server = HTTPServer(configuration: HTTPServerConfiguration(host: "127.0.0.1", port: 0)) { request in
            let number = log.withLock { log in
                log.append(request)
                return log.count
            }
            return HTTPResponse(status: number <= refusals ? status : 204)
        }
        try server.start()
    }

    deinit { server.stop(graceSeconds: 0) }

    var url: String { "http://127.0.0.1:\(server.port)/events" }
    var requests: [HTTPRequest] { log.withLock { $0 } }
    /// All bodies.
    var text: String { requests.map { String(decoding: $0.body, as: UTF8.self) }.joined(separator: "\n") }
}
