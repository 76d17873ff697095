import CMicroHTTPD
import Dispatch
import Threading

/// A streamed body: bytes wait here until the connection's thread fetches them; when there are none, it is suspended.
final class StreamAnswer: ResponseStream, OpenAnswer {
    fileprivate enum Ending {
        /// What is left is sent, then the body ends.
        case clean
        /// The connection is cut, so that the client sees that the body is not whole.
        case cut
    }

    fileprivate struct State {
        var buffer: [UInt8] = []
        /// Bytes of `buffer` that were fetched already.
        var fetched = 0
        var ending: Ending?
        var suspended: SuspendedConnection?
        var onEnd: [@Sendable () -> Void] = []
        var sentBytes = 0
    }

    let deadline: DispatchTime? = nil
    private let open: OpenAnswers
    private let bufferBytesMax: Int
    /// Where the actions of `onEnd` run: never inside a call of `write` or `finish`, whose caller may hold a lock.
    private let events: DispatchQueue
    private let state = Locked(State())

    init(open: OpenAnswers, bufferBytesMax: Int, events: DispatchQueue) {
        self.open = open
        self.bufferBytesMax = bufferBytesMax
        self.events = events
    }

    /// Bytes fetched for the client so far.
    var sentBytes: Int {
        state.withLock { $0.sentBytes }
    }

    func write(_ bytes: [UInt8]) -> Bool {
        let isAccepted = state.withLock { state in
            guard state.ending == nil else { return false }
            guard state.buffer.count - state.fetched + bytes.count <= bufferBytesMax else { return false }
            guard !bytes.isEmpty else { return true }
            if state.fetched > 0 {
                state.buffer.removeFirst(state.fetched)
                state.fetched = 0
            }
            state.buffer.append(contentsOf: bytes)
            state.resume()
            return true
        }
        if !isAccepted { end(.cut) }
        return isAccepted
    }

    var isDeserted: Bool {
        state.withLock { $0.suspended?.isDeserted ?? false }
    }

    func finish() {
        end(.clean)
    }

    func onEnd(_ action: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state in
            if state.ending == nil { state.onEnd.append(action) }
            return state.ending != nil
        }
        if hasEnded { events.async(execute: action) }
    }

    func expire() {}

    func shutDown() {
        end(.clean)
    }

    /// The connection is done with this body, for whatever reason.
    func connectionEnded() {
        end(.cut)
    }

    /// Fills `target` on the connection's thread, which is suspended when there is nothing to send yet.
    ///
    /// - Returns: bytes written, 0 when suspended, or one of the library's end marks.
    func fetch(_ connection: OpaquePointer, into target: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            let count = min(target.count, state.buffer.count - state.fetched)
            if state.ending == .cut { return cmhd_end_with_error }
            if count > 0 {
                target.copyBytes(from: state.buffer[state.fetched..<state.fetched + count])
                state.fetched += count
                state.sentBytes += count
                if state.fetched == state.buffer.count {
                    state.buffer.removeAll(keepingCapacity: true)
                    state.fetched = 0
                }
                return count
            }
            if state.ending == .clean { return cmhd_end_of_stream }
            state.suspended = SuspendedConnection(suspending: connection)
            return 0
        }
    }

    /// The first ending counts.
    private func end(_ ending: Ending) {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            guard state.ending == nil else { return [] }
            state.ending = ending
            state.resume()
            let actions = state.onEnd
            state.onEnd = []
            return actions
        }
        open.remove(self)
        for action in actions { events.async(execute: action) }
    }
}

extension StreamAnswer.State {
    fileprivate mutating func resume() {
        suspended?.resume()
        suspended = nil
    }
}
