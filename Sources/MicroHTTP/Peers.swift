import Dispatch
import Threading

/// A server's connections: their number, and the end of those that are late or in the way.
///
/// The HTTP library closes a connection without traffic. A client that sends or takes a byte now and then would keep one
/// for ever, so the whole of a request and the whole of an answer have their deadlines too.
final class Peers: Sendable {
    fileprivate struct State {
        var usual: [ObjectIdentifier: Peer] = [:]
        /// Those beyond the bound; few.
        var extra: [ObjectIdentifier: Peer] = [:]
    }

    /// Connections that were cut and whose threads have not noticed yet; a thread accepts ten at a time.
    static let endingMax = 64

    private let usualMax: Int
    private let extraMax: Int
    private let state = Locked(State())
    private let queue = DispatchQueue(label: "microhttp.deadlines", qos: .utility)

    init(usualMax: Int, extraMax: Int) {
        self.usualMax = usualMax
        self.extraMax = extraMax
    }

    /// Looks for late ones every second, as long as this object lives.
    func start() {
        queue.asyncAfter(deadline: .now() + 1) { [weak self] in
            guard let self else { return }
            cutLate()
            start()
        }
    }

    /// Whether a further connection may begin. Where all places are taken, the extra connection that has been silent for
    /// longest makes room: a probe asks as soon as it is connected, and a flood of connections does not.
    func makeRoom() -> Bool {
        state.withLock { state in
            guard state.usual.count >= usualMax, state.extra.count >= extraMax else { return true }
            let silent = state.extra.values.filter(\.isSilent)
            silent.min { $0.startedAt < $1.startedAt }?.cut()
            // Those that were cut are still here until their threads have noticed.
            return state.extra.count < extraMax + Self.endingMax
        }
    }

    /// Takes a connection into account.
    ///
    /// - Parameter make: makes it, told whether it is one beyond the bound.
    func add(_ make: (_ isExtra: Bool) -> Peer) -> Peer {
        state.withLock { state in
            let isExtra = state.usual.count >= usualMax
            let peer = make(isExtra)
            state[isExtra: isExtra][ObjectIdentifier(peer)] = peer
            return peer
        }
    }

    /// Before the library closes its socket.
    func remove(_ peer: Peer) {
        state.withLock { state in
            state[isExtra: peer.isExtra][ObjectIdentifier(peer)] = nil
        }
    }

    private func cutLate() {
        let now = Peer.now()
        // Under the lock, because a removed connection's descriptor may be another's by now.
        state.withLock { state in
            for peer in state.usual.values where peer.isLate(at: now) { peer.cut() }
            for peer in state.extra.values where peer.isLate(at: now) { peer.cut() }
        }
    }
}

extension Peers.State {
    fileprivate subscript(isExtra isExtra: Bool) -> [ObjectIdentifier: Peer] {
        get { isExtra ? extra : usual }
        set { if isExtra { extra = newValue } else { usual = newValue } }
        _modify {
            if isExtra { yield &extra } else { yield &usual }
        }
    }
}
