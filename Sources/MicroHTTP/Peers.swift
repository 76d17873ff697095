import Dispatch
import Threading

/// A server's connections: their number, and the end of those that are late.
///
/// The HTTP library closes a connection without traffic. A client that sends or takes a byte now and then would keep one
/// for ever, so the whole of a request and the whole of an answer have their deadlines too.
final class Peers: Sendable {
    private let peers = Locked<[ObjectIdentifier: Peer]>([:])
    private let queue = DispatchQueue(label: "microhttp.deadlines", qos: .utility)

    var count: Int { peers.withLock(\.count) }

    /// Looks for late ones every second, as long as this object lives.
    func start() {
        queue.asyncAfter(deadline: .now() + 1) { [weak self] in
            guard let self else { return }
            cutLate()
            start()
        }
    }

    func add(_ peer: Peer) {
        peers.withLock { $0[ObjectIdentifier(peer)] = peer }
    }

    /// Before the library closes its socket.
    func remove(_ peer: Peer) {
        _ = peers.withLock { $0.removeValue(forKey: ObjectIdentifier(peer)) }
    }

    private func cutLate() {
        let now = Peer.now()
        // Under the lock, because a removed connection's descriptor may be another's by now.
        peers.withLock { peers in
            for peer in peers.values where peer.isLate(at: now) { peer.cut() }
        }
    }
}
