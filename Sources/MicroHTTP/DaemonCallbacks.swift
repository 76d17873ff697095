import CMicroHTTPD
import Glibc

// The functions the HTTP library calls. They turn its pointers into objects and hold no policy.
//
// References: an `Exchange` is retained by the request's first callback and released by the last one; a `Peer` likewise
// by a connection's.

/// Whether a connection may begin at all.
func connectionArrived(
    context: UnsafeMutableRawPointer?, address: UnsafePointer<sockaddr>?, length: socklen_t
) -> MHD_Result {
    guard let context else { return .NO }
    return ServerCore.from(context).peers.makeRoom() ? .YES : .NO
}

/// The request line was read: begins the exchange. `uri` is the raw request target.
func requestLineWasRead(
    context: UnsafeMutableRawPointer?, uri: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let uri else { return nil }
    let exchange = Exchange(core: ServerCore.from(context), query: RequestTarget.rawQuery(of: uri))
    return Unmanaged.passRetained(exchange).toOpaque()
}

/// Called when the head is complete, for each part of the body, when the request is complete, and after each resumption.
func requestAdvanced(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
    uploadSize: UnsafeMutablePointer<Int>?, slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let connection, let url, let method, let uploadSize, let pointer = slot?.pointee else { return .NO }
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    let part = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
    uploadSize.pointee = 0
    return exchange.advance(connection, method: method, url: url, part: part) ? .YES : .NO
}

func requestCompleted(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
    guard let slot, let pointer = slot.pointee else { return }
    slot.pointee = nil
    if let context, let connection, let peer = Peer.of(connection) {
        peer.expect(within: ServerCore.from(context).seconds(for: peer))
    }
    Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().end()
}

func connectionChanged(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, change: MHD_ConnectionNotificationCode
) {
    guard let context, let connection, let slot else { return }
    switch change {
    case .CONNECTION_NOTIFY_STARTED:
        let peer = ServerCore.from(context).begin(connection)
        slot.pointee = Unmanaged.passRetained(peer).toOpaque()
    case .CONNECTION_NOTIFY_CLOSED:
        guard let pointer = slot.pointee else { return }
        slot.pointee = nil
        ServerCore.from(context).peers.remove(Unmanaged<Peer>.fromOpaque(pointer).takeRetainedValue())
    @unknown default: break
    }
}

/// Leaves the text alone: paths and queries are decoded by us, so that a raw path stays raw.
func unescapeNothing(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?, text: UnsafeMutablePointer<CChar>?
) -> Int {
    text.map { strlen($0) } ?? 0
}

func libraryLogged(context: UnsafeMutableRawPointer?, format: UnsafePointer<CChar>?, arguments: CVaListPointer?) {
    guard let context, let format, let arguments, let onLog = ServerCore.from(context).configuration.onLog else {
        return
    }
    var text = [CChar](repeating: 0, count: 512)
    guard vsnprintf(&text, text.count, format, arguments) >= 0 else { return }
    let message = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    onLog(message.last == "\n" ? String(message.dropLast()) : message)
}
